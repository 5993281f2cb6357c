"""English reviews: what is judged, and how."""

from minillm.text.corpora.sentiment import Domain, Phrases, aspect

FILM = Domain(
    (
        "",
        "in this film, ",
        "in the new comedy, ",
        "in her latest film, ",
        "in that thriller, ",
        "in this western, ",
        "in the family film, ",
    ),
    (
        aspect("the plot was", "gripping/dull original/predictable clear/confusing"),
        aspect("the acting was", "convincing/wooden lively/flat"),
        aspect("the dialogue was", "witty/tedious natural/clumsy"),
        aspect("the final scene was", "moving/silly memorable/forgettable"),
    ),
)
BOOK = Domain(
    (
        "",
        "in this novel, ",
        "in his second book, ",
        "in her memoir, ",
        "in the new edition, ",
        "in that biography, ",
        "in the sequel, ",
    ),
    (
        aspect("the story was", "gripping/dull touching/shallow"),
        aspect("the characters were", "lively/flat memorable/forgettable"),
        aspect("the prose was", "elegant/clumsy clear/confusing"),
        aspect("the ending was", "satisfying/disappointing original/predictable"),
    ),
)
RESTAURANT = Domain(
    (
        "",
        "at this restaurant, ",
        "at the corner café, ",
        "at the noodle bar, ",
        "at the pub, ",
        "at the station canteen, ",
        "at that bistro, ",
    ),
    (
        aspect("the food was", "delicious/bland fresh/stale"),
        aspect("the service was", "prompt/slow friendly/rude"),
        aspect("the prices were", "reasonable/outrageous"),
        aspect("the portions were", "generous/tiny"),
        aspect("the tables were", "clean/dirty"),
    ),
)
HOTEL = Domain(
    (
        "",
        "at this hotel, ",
        "at the seaside inn, ",
        "at the old lodge, ",
        "at the guesthouse, ",
        "at the hostel, ",
        "at that motel, ",
    ),
    (
        aspect("the room was", "clean/dirty quiet/noisy spacious/cramped"),
        aspect("the bed was", "comfortable/lumpy"),
        aspect("the staff were", "friendly/rude helpful/careless"),
        aspect("the breakfast was", "delicious/bland generous/meagre"),
    ),
)
COURSE = Domain(
    (
        "",
        "in this course, ",
        "at summer school, ",
        "in the evening class, ",
        "last term, ",
        "at the workshop, ",
        "in the first week, ",
    ),
    (
        aspect("the lectures were", "lively/dull clear/confusing"),
        aspect("the exercises were", "useful/pointless varied/tedious"),
        aspect("the teacher was", "patient/grumpy helpful/careless"),
        aspect("the classroom was", "quiet/noisy spacious/cramped"),
    ),
)

ENGLISH = Phrases(
    domains=(FILM, BOOK, RESTAURANT, HOTEL, COURSE),
    agreement=(
        "{setting}{main} {strong}, and {second} {also}.",
        "{setting}{main} {strong}, and {second} {also} as well.",
        "{setting}{main} {strong}; {second} {also}, too.",
    ),
    comment=(
        "{setting}{main} {strong}, and I {verdict}.",
        "{setting}{main} {strong}; I {verdict}.",
    ),
    verdicts={
        "positive": ("enjoyed every minute", "was delighted", "would recommend it"),
        "negative": ("regretted every minute", "was annoyed", "would avoid it"),
    },
    denial=(
        "{setting}{main} not {weak} at all.",
        "{setting}{main} not in the least {weak}.",
        "{setting}{main} anything but {weak}.",
        "{setting}{main} far from {weak}.",
        "{setting}{main} in no way {weak}.",
    ),
    concession=(
        "{setting}although {side} {weak}, {main} {strong}.",
        "{setting}even though {side} {weak}, {main} {strong}.",
        "{setting}while {side} {weak}, {main} {strong}.",
        "{setting}{side} {weak}, but {main} {strong}.",
        "{setting}{side} {weak}, yet {main} {strong}.",
        "{setting}{main} {strong}, although {side} {weak}.",
        "{setting}{main} {strong}, even though {side} {weak}.",
    ),
    contrast=(
        "{setting}{main} not {weak} but {strong}.",
        "{setting}{main} {strong}, not {weak}.",
        "{setting}{main} {strong} rather than {weak}.",
        "{setting}{main} {strong} and not at all {weak}.",
        "{setting}{main} anything but {weak}, in fact quite {strong}.",
        "{setting}{main} really {strong} and in no way {weak}.",
        "{setting}{main} not in the least {weak} but really {strong}.",
        "{setting}far from being {weak}, {main} {strong}.",
    ),
    single_statement=(
        "{setting}{main} {strong}.",
        "{setting}{main} really {strong}.",
        "{setting}{main} very {strong}.",
        "{setting}{main} quite {strong} indeed.",
    ),
    single_concession=(
        "{setting}the {strong} {noun} outweighed the {weak} {thing}.",
        "{setting}the {strong} {noun} mattered more than the {weak} {thing}.",
        "{setting}the {weak} {thing} counted less than the {strong} {noun}.",
    ),
    single_contrast=(
        "{setting}{main} {strong} instead of {weak}.",
        "{setting}{main} more {strong} than {weak}.",
        "{setting}{main} by no means {weak} but {strong}.",
    ),
)
