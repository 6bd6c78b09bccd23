"""Fills the templates of pages: every value is escaped, and a name that is not given is an error."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from jobs.pages.formats import day, metric_name, number, signed


def render(template: str, **values: object) -> str:
    """A page (or a part of one) from the template of that file name.

    Args:
        template: a file beside this module, such as ``quality.html.j2``.
        values: what the template names. Text among them is escaped, whoever wrote it.

    Raises:
        jinja2.UndefinedError: when the template uses a name that is not among the values.
    """
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    environment = Environment(
        # Reads from the zip of the jobs as well as from a folder.
        loader=PackageLoader("jobs.pages", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(number=number, signed=signed, day=day, metric_name=metric_name)
    return environment
