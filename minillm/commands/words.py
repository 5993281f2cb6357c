"""The language that a command speaks: English, or Chinese by a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from minillm.backend import CheckpointError, DeviceError
from minillm.training import DivergenceError

LANGUAGES = ("en", "zh")
CHINESE = {
    # headings
    "Read labelled text": "读入带标签的文本",
    "Clean it, and keep the splits apart": "清洗，并保证各部分不重叠",
    "Tokenise and number": "分词并编号",
    "Pad to rectangles, with a mask": "补齐成矩形，并记下掩码",
    "Build the model": "构建模型",
    "Pretrain all of it: which word is hidden?": "预训练全部参数：遮住的是哪个词？",
    "Fine-tune all of it, and for comparison the head alone": "微调全部参数，并与只训练分类头比较",
    "Evaluate on sentences never seen": "在未见过的句子上评估",
    "Predict": "预测",
    "Pictures": "图",
    "guide {section}": "指南 {section}",
    # data
    "{name:<6}{n:>6} sentences, classes {counts}": "{name:<6}{n:>6} 句，各类 {counts}",
    "{n} more sentences without labels, for pretraining": "另有 {n} 句没有标签，供预训练用",
    "{read} read, {kept} kept ({altered} altered); dropped: {empty} empty, {too_long} too long, "
    "{no_letters} without letters, {duplicates} duplicates, {contradictions} contradictions": (
        "读入 {read} 句，保留 {kept} 句（其中改动 {altered} 句）；丢弃：空的 {empty}，"
        "过长的 {too_long}，没有文字的 {no_letters}，重复的 {duplicates}，"
        "标签矛盾的 {contradictions}"
    ),
    "train, dev and test share no sentence": "训练集、开发集、测试集没有相同的句子",
    "tokens  {tokens}": "词元    {tokens}",
    "ids     {ids}   ([CLS] first, [SEP] last)": "编号    {ids}   （[CLS] 在前，[SEP] 在后）",
    "vocabulary {n}, of training texts alone; unknown in test: {unknown}": (
        "词表 {n} 个词元，只取自训练文本；测试集中的未知词元：{unknown}"
    ),
    "a split at blanks, as in the guide, gives {blanks} tokens instead of {n}": (
        "像指南那样按空格切分，只得 {blanks} 个词元，而不是 {n} 个"
    ),
    "padding: {unsorted} of all positions, {bucketed} in buckets by length": (
        "补齐的位置占 {unsorted}；按长度分桶之后占 {bucketed}"
    ),
    # results
    "{n} hidden words of dev sentences, mean cross-entropy in nats:": (
        "开发集中遮住的 {n} 个词，平均交叉熵（奈特）："
    ),
    "guess by": "根据",
    "nats": "奈特",
    "uniform": "均匀分布",
    "word frequencies (unigram)": "词频（一元）",
    "counts of both neighbours": "左右两词的计数",
    "so far counts guess better: after how many passes BERT does, see labs run passes": (
        "到此为止，计数猜得更准；BERT 要预训练多少轮才能超过它，见 labs run passes"
    ),
    "what fine-tuning forgot: a hidden word cost {before:.3f} nats before it, {after:.3f} after": (
        "微调忘掉了什么：猜一个遮住的词，微调前 {before:.3f} 奈特，微调后 {after:.3f} 奈特"
    ),
    "test accuracy": "测试集准确率",
    "all": "全部",
    "macro F1": "宏平均 F1",
    "concession": "让步",
    "negation": "否定",
    "order": "看词序",
    "plain": "直说",
    "single": "单句",
    "mention": "提及",
    "majority": "最多的类",
    "bag of words": "词袋",
    "bag of words and pairs": "词袋加词对",
    "BERT, head alone": "BERT，只训练分类头",
    "BERT, fine-tuned": "BERT，微调",
    "text": "文本",
    "label": "标签",
    "probability": "概率",
    "unknown tokens": "未知词元",
    "expected": "读者认为",
    "what is new": "新在何处",
    "a quality of another thing": "形容的是别的事物",
    "things of two places": "两处的事物",
    "denied in new words": "用新词否定",
    "no opening": "没有开头",
    "of no template": "不属于任何句型",
    "right: {right} of {n}": "答对：{n} 句中 {right} 句",
    "the same in words and places of the training texts:": "同样的意思，换成训练文本的说法：",
    "sentences": "句数",
    "BERT, trained without single clauses": "BERT，训练集不含单句",
    "last row: measured before on {n} other corpora (labs run single_clauses), mean; of the "
    "{samples} sentences below it got {without:.1f} right, and trained with single clauses "
    "{with_them:.1f}": (
        "末行：此前在另外 {n} 份语料上测得的均值（labs run single_clauses）；下面 {samples} 句，"
        "它答对 {without:.1f} 句，训练集含单句的模型答对 {with_them:.1f} 句"
    ),
    "{unknown} of {tokens}": "{tokens} 个中 {unknown} 个",
    "none: matplotlib is not installed": "没有：未安装 matplotlib",
    "positions of attention.png: {places}": "attention.png 中的位置：{places}",
    "whole pipeline: {seconds:.0f} s, peak memory {memory}": (
        "整条流水线：{seconds:.0f} 秒，内存峰值 {memory}"
    ),
    "use it:  {command}": "使用：  {command}",
    "pretrain": "预训练",
    "head alone": "只训练分类头",
    "fine-tune": "微调",
    # pictures
    "Pretraining: which word is hidden?": "预训练：遮住的是哪个词？",
    "Fine-tuning: which class?": "微调：属于哪一类？",
    "word frequencies": "词频",
    "both neighbours": "左右两词",
    "guessing": "随机猜测",
    "update": "更新次数",
    "nats per word": "每词奈特数",
    "nats per sentence": "每句奈特数",
    "BERT, mean of {n}": "BERT，{n} 次平均",
    "predicted": "预测",
    "true": "真实",
    "Test sentences": "测试句子",
    "share of the true class": "占真实类别的比例",
    "head {n}": "第 {n} 头",
    "attended (key)": "被看的词（键）",
    "attending (query)": "在看的词（查询）",
    "attention weight": "注意力权重",
    "each row: where a word looks; the weights of a row sum to 1": (
        "每一行：一个词看向哪里；一行的权重之和为 1"
    ),
    # errors
    "stopped": "已停止",
    "; --resume goes on from the last checkpoint, if there is one": (
        "；如果已有检查点，用 --resume 可以从那里继续"
    ),
}
REASONS: tuple[tuple[type[BaseException], str], ...] = (  # the first that fits
    (FileNotFoundError, "文件或文件夹不存在"),
    (NotADirectoryError, "不是文件夹"),
    (PermissionError, "没有权限"),
    (DeviceError, "设备不可用"),
    (CheckpointError, "检查点不能用"),
    (DivergenceError, "训练发散"),
    (MemoryError, "内存不足"),
    (ValueError, "数值或选项有误"),
)


class Told(ValueError):
    """An error whose message is already in the language of the command."""


@dataclass(frozen=True)
class Words:
    """Says a sentence of the program in a language, its fields filled in.

    Raises:
        KeyError: Chinese has no words for it.
    """

    language: str = "en"

    def __call__(self, text: str, **fields: Any) -> str:
        """``text``, or its translation."""
        found = text if self.language == "en" else CHINESE[text]
        return found.format(**fields) if fields else found

    def error(self, error: BaseException) -> str:
        """One line for people: what happened, to which file.

        In Chinese a word on the kind of error comes first, and what English says follows it.
        """
        of_file = isinstance(error, OSError) and error.filename is not None
        told = str(error) or type(error).__name__
        if of_file:
            told = f"{error.filename}: {error.strerror}"  # type: ignore[attr-defined]
        if self.language == "en" or isinstance(error, Told):
            return told
        kind = next((words for kind, words in REASONS if isinstance(error, kind)), None)
        if kind is None:
            return f"出错：{told}"
        return f"{kind}：{error.filename if of_file else told}"  # type: ignore[attr-defined]


ENGLISH = Words()
