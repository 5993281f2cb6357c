"""English tables and forms for the dialogues."""

from minillm.text.corpora.talk import Talk, Topic, both_ways, successors

OPPOSITES = both_ways(
    *(("hot", "cold"), ("big", "small"), ("old", "new"), ("fast", "slow"), ("high", "low")),
    *(("wet", "dry"), ("full", "empty"), ("loud", "quiet"), ("hard", "soft"), ("early", "late")),
    *(("light", "dark"), ("open", "closed")),
)
COLOURS = (
    *(("snow", "white"), ("milk", "white"), ("coal", "black"), ("a raven", "black")),
    *(("grass", "green"), ("a frog", "green"), ("blood", "red"), ("a cherry", "red")),
    *(("the sky", "blue"), ("the sea", "blue"), ("a lemon", "yellow"), ("butter", "yellow")),
    *(("chocolate", "brown"), ("soil", "brown"), ("an elephant", "grey"), ("ash", "grey")),
    *(("a swan", "white"), ("a bear", "brown"), ("a deer", "brown")),
)
DAYS = successors(
    *("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
)
MONTHS = successors(
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
YOUNG = (
    *(("a dog", "a puppy"), ("a cat", "a kitten"), ("a cow", "a calf"), ("a horse", "a foal")),
    *(("a sheep", "a lamb"), ("a goat", "a kid"), ("a bear", "a cub"), ("a duck", "a duckling")),
    *(("a hen", "a chick"), ("a swan", "a cygnet"), ("a frog", "a tadpole"), ("a deer", "a fawn")),
)

ENGLISH_TALK = Talk(
    topics=(
        Topic(
            OPPOSITES,
            (
                "what is the opposite of {asked}?",
                "tell me the opposite of {asked}.",
                "which word is the opposite of {asked}?",
            ),
            ("and of {asked}?", "and the opposite of {asked}?"),
            "the opposite of {asked} is {right}.",
            (
                "{asked} is the opposite of {right}.",
                "what is {asked} is not {right}.",
                "the opposite of {asked} is {right}.",
            ),
        ),
        Topic(
            COLOURS,
            (
                "what colour is {asked}?",
                "which colour has {asked}?",
                "tell me the colour of {asked}.",
            ),
            ("and {asked}?", "and what about {asked}?"),
            "{asked} is {right}.",
            (
                "{asked} is {right}.",
                "everybody knows that {asked} is {right}.",
                "like {asked}, it is {right}.",
            ),
        ),
        Topic(
            DAYS + MONTHS,
            (
                "what comes after {asked}?",
                "tell me what comes after {asked}.",
                "{asked}, and then?",
            ),
            ("and after {asked}?", "and what follows {asked}?"),
            "after {asked} comes {right}.",
            (
                "after {asked} comes {right}.",
                "{right} follows {asked}.",
                "when {asked} is over, it is {right}.",
            ),
        ),
        Topic(
            YOUNG,
            (
                "what is the young of {asked} called?",
                "tell me the young of {asked}.",
                "how does one call the young of {asked}?",
            ),
            ("and {asked}?", "and the young of {asked}?"),
            "the young of {asked} is {right}.",
            (
                "the young of {asked} is {right}.",
                "{right} grows up to be {asked}.",
                "{asked} was {right} once.",
            ),
        ),
    ),
    chatter=(
        "That is a very good question.",
        "Well, let me think about that.",
        "I am always glad to help you.",
    ),
    space=" ",
)
