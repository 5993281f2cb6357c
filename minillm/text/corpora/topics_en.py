"""English news items: who did what, and which events there were.

Star, match, court, market, race, record, field, stage, cell, growth, fair and auction belong to
more than one topic on purpose.
"""

from minillm.text.corpora.topics import News, Scene, Topic

SPORT = Topic(
    scenes=(
        Scene(
            (
                "the striker",
                "the goalkeeper",
                "the young captain",
                "the midfielder",
                "the defender",
            ),
            (
                "became the star of the match",
                "missed a penalty in the last minute",
                "signed a new contract with the club",
                "limped off the field",
                "lost an appeal at the sports court",
                "was the most expensive player on the market",
                "apologised to the fans for the defeat",
            ),
        ),
        Scene(
            ("the sprinter", "the cyclist", "the swimmer", "the rower", "the young skier"),
            (
                "won the race by a second",
                "broke the national record",
                "took the lead in the final stage",
                "ended the season with a medal",
                "returned to the team after an injury",
                "trained in the mountains for a month",
                "finished last and blamed the cold",
            ),
        ),
    ),
    events=(
        "the cup final",
        "the city marathon",
        "the tennis match",
        "the relay race",
        "the rowing regatta",
        "the swimming championship",
    ),
)
SCIENCE = Topic(
    scenes=(
        Scene(
            ("the biologist", "the research team", "the virologist", "the geneticist", "the lab"),
            (
                "filmed the growth of a single cell",
                "found a match in the gene database",
                "tested a vaccine on mice",
                "published a study on sleep",
                "joined the race for a new drug",
                "described an unknown species of frog",
                "repaired a damaged nerve cell",
            ),
        ),
        Scene(
            ("the astronomer", "the physicist", "the observatory", "the institute", "the engineer"),
            (
                "photographed a distant star",
                "measured the magnetic field of a planet",
                "built a model of the early universe",
                "recorded a signal from a galaxy",
                "solved an old puzzle about light",
                "presented a sharper telescope",
                "won funds for a new laboratory",
            ),
        ),
    ),
    events=(
        "the rocket launch",
        "the vaccine trial",
        "the telescope test",
        "the genetics congress",
        "the satellite mission",
        "the science fair",
    ),
)
ECONOMY = Topic(
    scenes=(
        Scene(
            (
                "the carmaker",
                "the steel company",
                "the airline",
                "the battery maker",
                "the supermarket chain",
            ),
            (
                "reported a record profit",
                "announced job cuts",
                "raised prices by five per cent",
                "went to court over a contract",
                "lost a share of the market to a rival",
                "invested in a maker of battery cells",
                "bought a smaller competitor",
            ),
        ),
        Scene(
            (
                "the central bank",
                "the finance ministry",
                "the stock exchange",
                "the regulator",
                "the trade union",
            ),
            (
                "warned of rising inflation",
                "predicted slower growth",
                "demanded clear rules for the bond market",
                "criticised the new tax",
                "published the figures for the last quarter",
                "expected a race to cut prices",
                "lost a case in court",
            ),
        ),
    ),
    events=(
        "the budget debate",
        "the meeting of shareholders",
        "the trade fair",
        "the bond auction",
        "the antitrust trial",
        "the wage negotiation",
    ),
)
CULTURE = Topic(
    scenes=(
        Scene(
            (
                "the director",
                "the actress",
                "the young singer",
                "the theatre company",
                "the comedian",
            ),
            (
                "received a prize for a comedy",
                "rehearsed a new play on the main stage",
                "recorded a song for a film",
                "announced a tour of small theatres",
                "worked on a musical about a boxing match",
                "brought an old opera back to the stage",
                "introduced the star of the new film",
            ),
        ),
        Scene(
            ("the novelist", "the poet", "the painter", "the sculptor", "the photographer"),
            (
                "opened an exhibition in the old court house",
                "published a book about the stars",
                "donated a work to the museum",
                "won a national prize",
                "broke a record on the art market",
                "read from a diary in the library",
                "finished a portrait of a cyclist",
            ),
        ),
    ),
    events=(
        "the film premiere",
        "the book fair",
        "the jazz festival",
        "the opera gala",
        "the art auction",
        "the poetry evening",
    ),
)

ENGLISH_NEWS = News(
    topics={"sport": SPORT, "science": SCIENCE, "economy": ECONOMY, "culture": CULTURE},
    outcomes=(
        "was postponed",
        "began later than planned",
        "attracted wide attention",
        "went ahead as planned",
        "was interrupted for an hour",
        "ended with a surprise",
    ),
    whens=("", "on Monday, ", "yesterday, ", "this week, ", "last Friday, ", "this morning, "),
    sources=(
        "",
        ", a newspaper reported",
        ", the radio said",
        ", local media wrote",
        ", according to an agency",
    ),
    plain="{when}{subject} {verb}{source}.",
    mention=(
        "on the eve of {minor}, {subject} {verb}.",
        "shortly after {minor}, {subject} {verb}.",
        "during {minor}, {subject} {verb}.",
        "{subject} {verb} a day before {minor}.",
        "{subject} {verb} on the day of {minor}.",
    ),
)
