"""Plausible names of people and companies, and rows as text."""

from itertools import islice, product


def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


FIRST = words(
    "ada ben carla dmitri elena farid grace hugo ines jonas karim lena marco nadia omar petra quentin rosa sven tara umar vera wei xenia yusuf zoe"
)
LAST = words(
    "adler baker costa dietrich evans fischer garcia haddad ivanov jensen kowalski lopez meyer nguyen okafor park quinn rossi silva tanaka ueda vogel weber xu young zimmer"
)
COMPANIES = words(
    "northwind contoso initech umbrella globex hooli vandelay stark wayne tyrell soylent cyberdyne acme wonka monarch"
)
SECTORS = words("logistics retail energy foods media insurance mobility")


def people(count: int) -> list[str]:
    """So many people, each with a name of their own."""
    names = [f"{first}.{last}" for last, first in product(LAST, FIRST)]
    more = (f"{name}{number}" for number in range(2, 99) for name in names)
    return [*names, *islice(more, max(count - len(names), 0))][:count]


def rows(*lines: str) -> str:
    """Rows as the text of a file."""
    return "".join(f"{line}\n" for line in lines)
