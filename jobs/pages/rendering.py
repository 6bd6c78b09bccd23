"""Renders the pages' Jinja templates: every value is escaped, and an undefined name is an error."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from jobs.pages.formats import day, fine, metric_name, number, signed


def render(template: str, **values: object) -> str:
    """The rendered template: a page or a part of one.

    Args:
        template: a file in this module's folder, such as ``quality.html.j2``.
        values: the template's variables; text is escaped.

    Raises:
        jinja2.UndefinedError: when the template uses a variable that is not among the values.
    """
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    environment = Environment(
        # PackageLoader also reads from the zip file of the jobs.
        loader=PackageLoader("jobs.pages", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(number=number, signed=signed, fine=fine, day=day, metric_name=metric_name)
    return environment
