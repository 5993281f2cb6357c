"""A language model becomes an assistant: from conversations, then from preferences."""

from minillm.tasks.dialogue.instruction import InstructionTuning
from minillm.tasks.dialogue.preference import PreferenceTuning
from minillm.tasks.dialogue.recipe import ChatRecipe, PreferenceRecipe
from minillm.tasks.dialogue.reference import drift
from minillm.tasks.dialogue.scores import AnswerScores, answer, score_answers

__all__ = [
    "AnswerScores",
    "ChatRecipe",
    "InstructionTuning",
    "PreferenceRecipe",
    "PreferenceTuning",
    "answer",
    "drift",
    "score_answers",
]
