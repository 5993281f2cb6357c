"""What a language model answers to held-out questions, before and after it has learned."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from minillm.commands.chat_files import place_of_answer
from minillm.commands.tables import percent, table
from minillm.tasks.dialogue import AnswerScores, answer, score_answers
from minillm.tasks.generation import LanguageModel
from minillm.text.corpora import Question
from minillm.text.documents import Conversation
from minillm.text.preference_files import Preference
from minillm.text.terminal import visible

MOST, SHOWN = 200, 3  # questions that are asked, and shown
LEGEND = (
    "contained: it stands somewhere in the answer; repetition: pairs of neighbouring words that "
    "the\nanswer had before; distinct pairs: different ones among those of all answers"
)


class Examination:
    """Held-out questions and what was answered, ``answers[0]`` before, ``answers[1]`` after."""

    def __init__(self, questions: Sequence[Question]):
        self.questions = list(questions)[:MOST]
        self.answers = list[list[str]]()
        self.scores = list[AnswerScores]()

    def ask(self, language: LanguageModel) -> None:
        """Ask everything once more."""
        tokens = [len(language.tokenizer.tokenize(one.right)) for one in self.questions]
        found = answer(language, self.questions, longest=2 * max(tokens) + 10)
        self.answers.append(found)
        self.scores.append(score_answers(found, self.questions, language))

    def show(self, measured: dict[str, Sequence[str]], right: str) -> None:
        """The table of both times, with what else was measured then, and some answers."""
        shares = ("exact", "contains", "repetition", "distinct")
        heads = ["exact", "contained", "repetition", "distinct pairs"]
        rows = [
            [
                name,
                *(values[time] for values in measured.values()),
                *(percent(getattr(self.scores[time], share)) for share in shares),
            ]
            for time, name in enumerate(("before", "after"))
        ]
        print(f"\nheld out, {len(self.questions)} questions; exact: {right}, word for word")
        print(table(["", *measured, *heads], rows))
        print(LEGEND)
        for place in range(min(SHOWN, len(self.questions))):
            question = self.questions[place]
            print()
            for message in question.asked:
                print(f"{message.role}: {visible(message.content)}")
            worse = [("rejected", text) for text in question.wrong]
            said = (
                (right, question.right),
                *worse,
                *zip(("before", "after"), self.said(place), strict=True),
            )
            for name, text in said:
                print(f"  {name}: {visible(text)}")

    def said(self, place: int) -> list[str]:
        """What was answered to one of the questions, before and after."""
        return [answers[place] for answers in self.answers]


def last_answers(conversations: Sequence[Conversation]) -> list[Question]:
    """Every conversation as a question whose right answer is the last one in it."""
    found = []
    for one in conversations:
        last = place_of_answer(one)
        if last:
            found.append(Question(one[:last], one[last].content, ()))
    return found


def chosen_answers(pairs: Sequence[Preference]) -> list[Question]:
    """Every question of some pairs, once, with the answer that is preferred."""
    found = {pair.asked: Question(pair.asked, pair.chosen, (pair.rejected,)) for pair in pairs}
    return list(found.values())


def print_next(out: Path) -> None:
    """How to talk to the model in a folder."""
    print(f"talk to it: python -m minillm chat {shlex.quote(str(out))}")
