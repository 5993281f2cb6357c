"""From a file to batches of ids: read, clean, split, change, tokenise, number, batch, mask."""

from minillm.backend.ids import IGNORE
from minillm.text.augmentation import (
    Forms,
    augment,
    replace_synonyms,
    rewrite,
    swap_words,
    word_dropout,
)
from minillm.text.batching import frame, pad
from minillm.text.byte_pairs import BytePairTokenizer
from minillm.text.cleaning import CleaningReport, clean, normalize, text_key
from minillm.text.conll_files import TaggedSentence, read_conll, write_conll
from minillm.text.examples import Example, class_counts, require_classes
from minillm.text.labelled_files import Reading, read_examples, read_labelled
from minillm.text.labels import Labels
from minillm.text.learned_tokenizers import LearnedTokenizer, own_vocabulary
from minillm.text.masking import mask_tokens
from minillm.text.misspelling import MISSPELLINGS, misspelled
from minillm.text.misspelling_search import misspelled_against
from minillm.text.parallel_files import Pair, ParallelReading, read_pairs, read_parallel
from minillm.text.published_tokenizers import PublishedTokenizer, read_published_tokenizer
from minillm.text.published_writing import write_published_tokenizer
from minillm.text.reading import read_lines, read_text
from minillm.text.special_tokens import BERT_SPECIAL, GPT_SPECIAL
from minillm.text.splitting import require_disjoint, shared_texts, split
from minillm.text.text_ids import decode_ids, encode_text
from minillm.text.tokenizer_files import (
    GPT2_SPECIAL,
    read_byte_pairs,
    read_wordpiece,
    write_byte_pairs,
    write_wordpiece,
)
from minillm.text.tokenizer_kinds import (
    TOKENIZERS,
    kind_and_size,
    tokenizer_for,
    tokenizer_from_json,
    tokenizer_kind,
    tokenizer_to_json,
)
from minillm.text.tokenizers import CharacterTokenizer, Tokenizer, WordTokenizer
from minillm.text.vocabulary import Vocabulary
from minillm.text.wordpiece import WordPieceTokenizer

__all__ = [  # noqa: RUF022 (in reading order)
    "read_text",
    "read_lines",
    "Example",
    "read_examples",
    "read_labelled",
    "read_parallel",
    "read_pairs",
    "Pair",
    "ParallelReading",
    "Reading",
    "TaggedSentence",
    "read_conll",
    "write_conll",
    "class_counts",
    "require_classes",
    "normalize",
    "text_key",
    "clean",
    "CleaningReport",
    "split",
    "shared_texts",
    "require_disjoint",
    "augment",
    "word_dropout",
    "swap_words",
    "replace_synonyms",
    "Forms",
    "rewrite",
    "MISSPELLINGS",
    "misspelled",
    "misspelled_against",
    "Tokenizer",
    "WordTokenizer",
    "CharacterTokenizer",
    "LearnedTokenizer",
    "BytePairTokenizer",
    "WordPieceTokenizer",
    "TOKENIZERS",
    "tokenizer_kind",
    "kind_and_size",
    "tokenizer_for",
    "tokenizer_to_json",
    "tokenizer_from_json",
    "read_byte_pairs",
    "write_byte_pairs",
    "read_wordpiece",
    "write_wordpiece",
    "PublishedTokenizer",
    "read_published_tokenizer",
    "write_published_tokenizer",
    "BERT_SPECIAL",
    "GPT_SPECIAL",
    "GPT2_SPECIAL",
    "Vocabulary",
    "own_vocabulary",
    "encode_text",
    "decode_ids",
    "Labels",
    "frame",
    "pad",
    "IGNORE",
    "mask_tokens",
]
