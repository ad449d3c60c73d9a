"""The few exceptions: what the planner raises when it cannot answer."""

from collections.abc import Iterable


class PlannerError(Exception):
    """Base of every error that a caller of the planner is meant to catch."""


class PackError(PlannerError):
    """A pack, or a table of it, is not where it was looked for."""


class DataError(PlannerError):
    """Tables break their description; one line per problem.

    Examples
    --------
    >>> error = DataError(["peak.csv, row 7: ...", "peak.csv, row 9: ..."])
    >>> len(error.problems)
    2
    >>> print(error)
    peak.csv, row 7: ...
    peak.csv, row 9: ...
    """

    def __init__(self, problems: str | Iterable[str]) -> None:
        lines = problems.splitlines() if isinstance(problems, str) else problems
        self.problems = tuple(lines)
        super().__init__("\n".join(self.problems))


class GuessError(DataError):
    """Columns have names that are not known; `guess` is a map of them, as TOML, to be confirmed."""

    def __init__(self, problems: Iterable[str], guess: str) -> None:
        super().__init__(problems)
        self.guess = guess


class SolverError(PlannerError):
    """The solver gave no answer to a program that always has one."""
