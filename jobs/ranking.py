"""Records of a ranking: the rows of a group stand together, so that training and metrics know the groups.

CSV has no place for groups in the built-in XGBoost algorithm, whose image hands files to XGBoost's own
reader. That reader takes a group's number from LIBSVM files, as ``qid``; so the training data of a ranking
are LIBSVM. Records to score have no groups, as a score is of one row; they are CSV.
"""

from jobs.program import to_sql
from jobs.roles import group_text
from jobs.serving.program import Program
from mdlc_constructs.settings.payloads.dataset import DatasetSection

SUFFIX = ".libsvm"


def training_records(
    program: Program, dataset: DatasetSection, relation: str, *, label: str, order: str
) -> str:
    """The SQL query of the lines of a LIBSVM file: label, the group's number from 0, features from 0.

    Every feature is written, also one that is 0: what a line leaves out would be a missing value.

    Args:
        label: the SQL expression of the label.
        order: the ORDER BY expression of the rows, which begins with the group.
    """
    group = f"dense_rank() OVER (ORDER BY {group_text(dataset)}) - 1"
    leading = [f"row_number() OVER (ORDER BY {order})", label, group]
    features = [f"f{number}" for number in range(len(program.steps))]
    values = ", ".join(f"'{number}:' || {name}" for number, name in enumerate(features))
    return (
        f"SELECT concat_ws(' ', label, 'qid:' || number, {values}) "
        f"FROM ({to_sql(program, relation, leading=leading)}) "
        f"AS records(place, label, number, {', '.join(features)}) ORDER BY place"
    )
