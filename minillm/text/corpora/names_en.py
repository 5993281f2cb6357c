"""English sentences about invented persons, places and organisations."""

from typing import NamedTuple


class NamePhrases(NamedTuple):
    """What a language brings: parts of invented words, forms of names, and sentences.

    ``stems`` are first and second parts; ``forms`` say how a word becomes a name of a type, P a
    person, L a place, O an organisation; in ``templates`` the same letters are slots.  What stands
    around a slot is never around one of another type.
    """

    stems: tuple[str, str]
    forms: dict[str, tuple[str, ...]]
    templates: tuple[str, ...]


ENGLISH_NAMES = NamePhrases(
    stems=(
        "Bel Dor Fen Gal Hul Jor Kel Lom Nar Pes Rul Tas Vam Wes Zor Bri Cal Dun Mel Tor "
        "Ash Cor Eld Hav Ing Kar Lin Mor Ost Quen",
        "by den field gate holm kin land mark nor rick sen stad ton vale wick worth",
    ),
    forms={
        "P": ("Anna {}", "Ben {}", "Carla {}", "David {}", "Mr. {}", "Dr. {}"),
        "L": ("Port {}", "New {}", "Upper {}", "Saint {}", "{}", "{} Bay"),
        "O": ("{} Bank", "{} Motors", "{} University", "{} & Sons", "Royal {} Society"),
    },
    templates=(
        "{P} moved to {L} last spring .",
        "yesterday {P} said that it was too late .",
        "{O} hired an engineer from {L} .",
        "shares of {O} fell by two percent .",
        "the mayor of {L} is ill .",
        "my neighbour {P} plays the violin .",
        "a factory owned by {O} opened near {L} .",
        "rain is expected in {L} this evening .",
        "the chairman of {O} resigned yesterday .",
        "her friend {P} wrote a book about trees .",
        "the ship to {L} left at noon .",
        "nothing was decided at the meeting .",
        "the staff of {O} went on strike , my neighbour {P} told us .",
        "the road to {L} is closed .",
        "I asked Uncle {P} about the photograph .",
    ),
)
