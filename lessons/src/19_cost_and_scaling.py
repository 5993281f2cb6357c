# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   minillm:
#     lesson: 19
#     guide: ['7.2.2', '8.1.1', '8.2.1']
#     budget_s: 35
#     errata: [A101, A105]
#     introduces: [minillm.autograd.held, minillm.backend.kernel_switch, minillm.models.costs.approximations, minillm.models.costs.energy, minillm.models.costs.flops, minillm.models.costs.generating, minillm.models.costs.memory, minillm.nn.quantization, minillm.ops.flops, minillm.tasks.metrics.power_law, minillm.training.profile_parts, minillm.training.profiling]
# ---

# %% tags=["numbers"]
import numpy as np

from minillm.course.numbers import study
from minillm.course.verdict_tables import spread
from minillm.labs import read_settings

scaling, limits = study("scaling"), study("bottlenecks")
settings, given = read_settings("scaling"), read_settings("bottlenecks")
n_seeds = len(scaling["floor"])
assert n_seeds == len(limits["unseen"]) == 5, "seeds of both studies"
assert settings["world"]["base"] ** settings["world"]["digits"] == 1728, "facts"
assert settings["world"]["tail"] == given["world"]["tail"] == 0.3, "the planted exponent"
final = scaling["loss"][:, :, -1]
assert (np.diff(final, axis=1) < 0).all(), "each larger one is better in every seed"
law = {
    "planted": float(scaling["planted_floor"][0]),
    "floor": spread(scaling["floor"]),
    "exponent": spread(scaling["exponent"]),
    "of_flops": spread(scaling["exponent_of_flops"]),
    "largest": int(scaling["parameters"][0, -1]),
    "foretold": spread(scaling["foretold"]),
    "held_back": spread(scaling["held_back"]),
    "missed": 1000 * float(np.abs(scaling["foretold"] - scaling["held_back"]).mean()),
    "as_last": 1000 * float(np.abs(scaling["last"] - scaling["held_back"]).mean()),
}
assert abs(law["exponent"]["mean"] - 0.3) < law["exponent"]["half"], "the planted one is inside"
assert abs(law["floor"]["mean"] - law["planted"]) < law["floor"]["half"], "so is the floor"
bits = {
    "eight": 1e5 * float(np.abs(scaling["fewer_bits"][:, 0, 0]).max()),
    "sixteen": 1e5 * float(np.abs(scaling["fewer_bits"][:, 1, 0]).max()),
    "bytes8": 100 * float(scaling["fewer_bits"][:, 0, 3].mean()),
    "bytes16": 100 * float(scaling["fewer_bits"][:, 1, 3].mean()),
    "same": 100 * float(scaling["fewer_bits"][:, 0, 1].min()),
}
data = {
    "found": spread(scaling["exponent_of_data"]),
    "planted": float(scaling["planted_exponent_of_data"][0]),
}
assert data["found"]["mean"] + data["found"]["half"] < data["planted"], "it misses"
assert given["texts"] == [1000, 10000] and given["ways"] == [
    [2, 500],
    [2, 1500],
    [5, 500],
    [5, 1500],
]
wrong = [[spread(100 * limits["mistakes"][:, i, j]) for j in range(4)] for i in range(2)]
unseen = [100 * float(limits["unseen"][0, i]) for i in range(2)]
gains = [
    spread(100 * (limits["mistakes"][:, i, 0] - limits["mistakes"][:, i, 3])) for i in range(2)
]
best = {
    "loss": limits["loss"].mean(axis=0),
    "n": [spread(limits["best_parameters"][:, i]) for i in range(4)],
    "texts": [spread(limits["best_texts"][:, i]) for i in range(4)],
    "of_n": spread(limits["exponent_of_parameters"]),
    "of_texts": spread(limits["exponent_of_texts"]),
}
ends = limits["parameters"][:, :, [0, -1]]
best["edges"] = int(np.isclose(ends, limits["best_parameters"][:, :, None]).sum())
best["cases"] = limits["best_parameters"].size
best["both"] = best["of_n"]["mean"] + best["of_texts"]["mean"]
assert given["depths"][-1][0] == 2 and given["depths"][0][0] == 1, "the most began at depth 2"
left_edge = limits["loss"].mean(axis=0).argmin(axis=1)
assert left_edge[0] == 0 and (left_edge[1:3] > 0).all(), "the fewest: the lowest mean is the first"
more_flops = given["flops"][-1] / given["flops"][0]
assert (np.diff([one["mean"] for one in best["n"]]) > 0).all(), "the best size grows"
assert all(best[one]["mean"] > best[one]["half"] for one in ("of_n", "of_texts")), "both grow"
assert abs(gains[0]["mean"]) < 1.5 < gains[1]["mean"] - gains[1]["half"], (
    "one limit, then the other"
)
assert (np.diff([one["mean"] for one in wrong[1]]) < 0).all(), "each of the ways helps"
assert wrong[1][0]["mean"] >= wrong[0][0]["mean"], "no fewer mistakes with ten times the texts"
assert abs(wrong[1][3]["mean"] - unseen[1]) < 1, "down to what nobody can know"
LITERALS = {
    "by hand, asserted in section 2": "0.5 0.01 0.1 0.3 1.27 127 0.004 0.25 0.75 1 2 3 4 5 6 8 12 13 16 50 1.25 100 1600 25600 32 40 52 64 4096",
    "a fraction, as LaTeX writes it": "14",
    "the slopes of the formula": "0",
    "factors of formulas": "24 1.3",
    "sizes of published models, and the law of Hoffmann et al.": "1.69 406.4 410.7 0.34 0.28 1.4 70 280 175 300 700 2800 1750 3000 10^23",
    "settings of the experiments, asserted in the first cell or set in the code": "256 1024 60 500 1728 192 216 10^8 1,000 10,000 41,472",
    "a size of the hint": "10^12",
    "how fine the search of exercise 19.2 is, and its check": "0.003 0.100 0.101 1.000 901",
}
assert law["largest"] == 192 * 6**3 == 41472, "the largest model"
assert settings["depths"] == [1, 2, 3, 4, 5, 6] and settings["training"]["steps"] == 500, "as said"

# %% [markdown] lang="en"
# # Lesson 19. Compute cost and scaling
#
# **Question.** What does it cost to train a model and to write with it, before one has tried? What does one get for more: a larger model, more data, more operations? And when does more of one bring nothing?
#
# **Afterwards you can** count operations, parameters and bytes by formula and confirm each by counting; say when "6 for each weight and token" is wrong; read a profile; tell what a cache and fewer bits save, and what they do not; fit a power law with its floor and foretell a size that it has not seen; and find out by an intervention what limits a model.
#
# **Before this**: lesson 5 (attention), lesson 7 (the layer), lesson 8 (GPT, and its cache). **Time**: about half a minute to run, two hours to read.

# %% [markdown] lang="zh"
# # 第 19 课　计算代价与缩放
#
# **问题**　训练一个模型、用它写作，动手之前能不能算出代价？多花一些，换来的是什么：模型更大、数据更多，还是算得更多？什么时候多花也没有用？
#
# **学完本课，你能够**　用公式算出运算量、参数量和字节数，并且逐一数出来核对；说出“每个权重、每个词元 6 次运算”什么时候不对；看懂性能剖析的结果；说清缓存和更少的比特省下什么、省不下什么；拟合带下限的幂律，预测它没有见过的规模；用干预找出限制模型的是什么。
#
# **预备知识**　第 5 课（注意力）、第 7 课（Transformer 层）、第 8 课（GPT 及其缓存）。**用时**　运行约半分钟，细读约两小时。

# %%
from dataclasses import replace
from time import process_time

import matplotlib.pyplot as plt
import numpy as np

from minillm import Tensor, check_vjp, no_grad
from minillm.autograd.held import held_bytes
from minillm.backend.kernel_switch import kernels
from minillm.course import check, savefig, setup, stated
from minillm.labs import mean_and_interval, read_settings, read_study
from minillm.labs.challenges.scaling import drawing
from minillm.labs.challenges.scaling_case import Training, flops_of, learned, new_learner
from minillm.labs.worlds.ranked_facts import Facts, RankedFacts
from minillm.models import Gpt, costs, gpt2_style, llama_style
from minillm.nn import Linear
from minillm.nn.cache import KeyValueCache
from minillm.nn.quantization import Float16Linear, Int8Linear, quantized_rows
from minillm.ops.flops import count_flops
from minillm.optim import AdamW
from minillm.tasks.metrics.power_law import fit_power_law
from minillm.training.profile_parts import mean_profile
from minillm.training.profiling import profile_step

setup()

# %% [markdown] lang="en"
# ## 1 What the guide says
#
# Section 8.1.1: with more compute, models will grow larger, and so perform better (A101). Section 8.2.1: training and inference need enormous compute (A105). Section 7.2.2 names tools that profile. (A101 and A105 are numbers in the list of errata, `lessons/errata.md`, which says of each what is right, and by which source.)
#
# The second sentence is right, and has no number; we shall give it some. The first is half of the truth: of two models that cost the same to train, the smaller one may be the better (section 5).

# %% [markdown] lang="zh"
# ## 1 指南的说法
#
# 8.1.1 节说：计算资源不断升级，模型会更大，表现也会更好（A101）。8.2.1 节说：训练和推理都需要巨大的计算资源（A105）。7.2.2 节列出了做性能分析的工具。（A101、A105 是勘误表 `lessons/zh/errata.md` 里的编号，那里写着每一条正确的说法和出处。）
#
# 后一句对，但没有数字，本课就来给出数字。前一句只说了一半：训练代价相同的两个模型，小的反而可能更好（见第 5 节）。

# %% [markdown] lang="en"
# ## 2 By hand
#
# **Operations.** A number times a number, added to a sum, is 2 floating-point operations (FLOP). A GPT of one block, width $D = 4$, hidden width $F = 16$, reads $T = 3$ tokens and knows $V = 52$. Its block has four matrices $D \times D$ and two $D \times F$, together $N = 4 \cdot 16 + 2 \cdot 64$ = {here.n} numbers. For each token that is $2N$ = {here.two_n} operations. Attention multiplies a query with 3 keys and 3 weights with their values: $2 \cdot 2 \cdot 3 \cdot 4$ = {here.attention} more. The head gives 52 scores: $2 \cdot 4 \cdot 52$ = {here.head}. In all {here.forward} forward; backward is twice that, so training takes {here.training} for each token. The famous *$6N$* says {here.six_n}: in so small a model less than half.
#
# **A power law with a floor.** Models with 100, 1600 and 25600 weights have the losses 5, 2 and 1.25. Each model is 16 times as large as the one before. The first step gains 3, the second 0.75, a quarter of that. So $16^{-a} = \tfrac14$ and $a = \tfrac12$. If every further step gains a quarter of the one before, all of them together gain 0.75/3 = 0.25 more, and the *floor* is $E = 1.25 - 0.25 = 1$: $L = 1 + 40\, N^{-1/2}$.
#
# **Eight bits.** The row (0.5, −1.27, 0.004) in integers from −127 to 127: its largest is 1.27, so the step is 0.01 and the codes are (50, −127, 0). Nothing is off by more than half a step. Put one more number into the row, 12.7: the step becomes 0.1 and the codes (5, −13, 0, 127), so that −1.27 is now stored as −1.3.
#
# **A cache.** A model with 32 layers, width 4096 and numbers of 2 bytes keeps $2 \cdot 32 \cdot 4096 \cdot 2$ bytes of keys and values for each token, half a megabyte; for a text of 4096 tokens that is 2 GB.

# %% [markdown] lang="zh"
# ## 2 手算
#
# **运算量**　两个数相乘，再加到和上，算 2 次浮点运算（FLOP）。一个只有一块的 GPT，宽 $D = 4$，隐藏层宽 $F = 16$，读 $T = 3$ 个词元，词表 $V = 52$。块里有四个 $D \times D$ 的矩阵和两个 $D \times F$ 的，一共 $N = 4 \cdot 16 + 2 \cdot 64$ = {here.n} 个数。每个词元要 $2N$ = {here.two_n} 次运算。注意力要把一个查询与 3 个键相乘，再把 3 个权重与值相乘：又是 $2 \cdot 2 \cdot 3 \cdot 4$ = {here.attention} 次。输出层给出 52 个分数：$2 \cdot 4 \cdot 52$ = {here.head} 次。前向一共 {here.forward} 次；反向是它的两倍，所以训练每个词元要 {here.training} 次。有名的 **$6N$** 给出 {here.six_n}：模型这么小，它连一半都不到。
#
# **带下限的幂律**　参数为 100、1600 和 25600 的三个模型，损失是 5、2 和 1.25。规模每次大 16 倍，得到的好处从 3 缩到 0.75，只剩四分之一。所以 $16^{-a} = \tfrac14$，$a = \tfrac12$；照这样下去，剩下的好处加起来是 0.75/3 = 0.25，**下限**就是 $E = 1.25 - 0.25 = 1$：$L = 1 + 40\, N^{-1/2}$。
#
# **八比特**　把一行数 (0.5, −1.27, 0.004) 写成 −127 到 127 的整数：最大的是 1.27，所以步长是 0.01，编码是 (50, −127, 0)，误差都不超过步长的一半。行里再加一个 12.7，步长就成了 0.1，编码成了 (5, −13, 0, 127)：−1.27 变成了 −1.3。
#
# **缓存**　一个 32 层、宽 4096、每个数 2 字节的模型，每个词元要存 $2 \cdot 32 \cdot 4096 \cdot 2$ 字节的键和值，即 0.5 MB；4096 个词元的文本就是 2 GB。

# %%
d, f, t, v = 4, 16, 3, 52
n_hand = stated("n", 4 * d * d + 2 * d * f, 192, 0, "weights of the block")
stated("two_n", 2 * n_hand, 384, 0, "operations of its matrices")
stated("attention", 2 * 2 * t * d, 48, 0, "operations of attention")
stated("head", 2 * d * v, 416, 0, "operations of the head")
hand = stated("forward", 384 + 48 + 416, 848, 0, "forward, for a token")
stated("training", 3 * hand, 2544, 0, "training, for a token")
stated("six_n", 6 * n_hand, 1152, 0, "6 N")
tiny = gpt2_style(v, width=d, n_layers=1, n_heads=1, max_length=t)
assert costs.gpt_flops(tiny, 1, t).training == t * 3 * hand, "the library counts as we do"
tiny_law = fit_power_law([100, 1600, 25600], [5, 2, 1.25])
print(tiny_law)
assert np.allclose([tiny_law.floor, tiny_law.scale, tiny_law.exponent], [1, 40, 0.5]), "by hand"
for row in ([[0.5, -1.27, 0.004]], [[0.5, -1.27, 0.004, 12.7]]):
    codes, step = quantized_rows(np.array(row))
    print("codes", *codes[0], "step", *np.round(step, 4))
assert [*codes[0]] == [5, -13, 0, 127], "by hand"
large = llama_style(32_000, width=4096, n_layers=32, n_heads=32, hidden=11_008, max_length=4096)
assert costs.kv_cache_bytes(large, 1, 1, itemsize=2) == 2**19, "half a megabyte"
assert costs.kv_cache_bytes(large, 1, 4096, itemsize=2) == 2**31, "two gigabytes"

# %% [markdown] lang="en"
# ## 3 Formula and code
#
# **Operations of a forward pass.** $B$ texts of $T$ tokens through $L$ blocks of width $D$, hidden width $F$, and a head of $V$ scores:
#
# $$C_{\text{forward}} = \underbrace{L \cdot B T \cdot 2\,(4 D^2 + 2 D F)}_{\text{matrices}} + \underbrace{L \cdot B T \cdot 4\, T D}_{\text{attention}} + \underbrace{B T \cdot 2 D V}_{\text{head}}, \qquad C_{\text{training}} = 3\, C_{\text{forward}}.$$
#
# Why three: a product $y = x W^\top$ has two gradients, $dx = g W$ and $dW = g^\top x$, and each of them is as large a product as the first. Not counted is what goes number by number, such as norms, GELU and softmax. Below the formula, and beside it what `count_flops` counts while the step runs:

# %% [markdown] lang="zh"
# ## 3 公式与代码
#
# **一次前向的运算量**　$B$ 段文本，每段 $T$ 个词元，经过 $L$ 块，宽 $D$，隐藏层宽 $F$，输出层给出 $V$ 个分数。下式的三项依次是矩阵、注意力和输出层；第二式是一步训练：
#
# $$C_{\text{forward}} = \underbrace{L \cdot B T \cdot 2\,(4 D^2 + 2 D F)}_{\text{matrices}} + \underbrace{L \cdot B T \cdot 4\, T D}_{\text{attention}} + \underbrace{B T \cdot 2 D V}_{\text{head}}, \qquad C_{\text{training}} = 3\, C_{\text{forward}}.$$
#
# 为什么是三倍：乘积 $y = x W^\top$ 有两个梯度，$dx = g W$ 和 $dW = g^\top x$，每一个都是与它同样大的乘积。逐个数进行的运算不计，如归一化、GELU 和 softmax。下面是公式，旁边是 `count_flops` 在这一步运行时数出来的：


# %%
def forward_flops(config, batch, length):
    d, f = config.width, config.inner_width
    matrices = config.n_layers * batch * length * 2 * (4 * d * d + 2 * d * f)
    attention = config.n_layers * batch * length * 4 * length * d
    return matrices + attention + batch * length * 2 * d * config.vocabulary_size


rng = np.random.default_rng(19)
config = gpt2_style(1000, width=64, n_layers=2, n_heads=4, max_length=64)
model = Gpt(config, rng=rng)
ids, targets = rng.integers(1000, size=(2, 8, 64))
with kernels("off"), count_flops() as counted:  # "off": the plain rules, nothing fused
    loss = model.loss(ids, targets)
    held = sum(held_bytes(loss, apart_from=[p.data for p in model.parameters()]).values())
    loss.backward()
print(f"forward {counted.forward:,}, backward {counted.backward:,}")
assert counted.forward == forward_flops(config, 8, 64), "counted = formula, to the last one"
assert counted.backward == 2 * counted.forward, "two gradients for each product"
assert counted.total == costs.gpt_flops(config, 8, 64).training, "so says the library"
assert sum(p.size for p in model.parameters()) == config.parameter_count(), "parameters, too"

# %% [markdown] lang="en"
# **Memory of training.** In float32 a weight has 4 bytes, its gradient 4, Adam's two means 8. On top comes what the tape keeps for the backward pass, the *activations*: the inputs of products, queries, keys, values, and $B H T^2$ weights of attention in every block. It grows with the batch and, in attention, with the square of the length:

# %% [markdown] lang="zh"
# **训练的内存**　float32 的一个权重占 4 字节，它的梯度 4 字节，Adam 的两个平均值 8 字节。此外还有计算图为反向传播留着的东西，即**激活值**：各乘积的输入，查询、键、值，以及每一块里 $B H T^2$ 个注意力权重。它随批的大小增长，在注意力里则随长度的平方增长：

# %%
assert held == costs.gpt_activation_bytes(config, 8, 64, kernels="off"), "bytes held = formula"
memory = costs.training_memory(config.parameter_count(), held)
for name, size in vars(memory).items():
    print(f"{name:12} {size / 2**20:6.2f} MB")
for texts, tokens in ((8, 32), (8, 64), (16, 64)):
    kept = costs.gpt_activation_bytes(config, texts, tokens, kernels="off")
    print(f"{texts:2} texts of {tokens} tokens: {kept / 2**20:5.2f} MB of activations")
assert memory.activations > memory.total / 2, "here most of it is activations"

# %% [markdown] lang="en"
# **Six for each weight and token.** With $N$ for the numbers in the matrices of the blocks, the first term of $C_{\text{training}}$ is $6N$ for each token. It leaves out the head and attention. The matrices take $24 D^2$ operations a token in each block (if $F = 4D$), attention $4TD$: *it has overtaken them when $T = 6D$*. *From here on $D$ is no longer the width* but the number of tokens that are read, as is the custom: training on $D$ tokens takes $C \approx 6ND$ (Kaplan et al. 2020, section 2.1).

# %% [markdown] lang="zh"
# **每个权重、每个词元 6 次**　设 $N$ 是各块的矩阵里有多少个数，$C_{\text{training}}$ 的第一项就是每个词元 $6N$ 次。它略去了输出层和注意力。每一块里，矩阵对每个词元要 $24 D^2$ 次运算（若 $F = 4D$），注意力要 $4TD$ 次：**到 $T = 6D$ 时，注意力就赶上了矩阵**。**从这里起，$D$ 不再是宽度**，而按习惯表示读的词元数：用 $D$ 个词元训练，要 $C \approx 6ND$ 次（Kaplan 等，2020，2.1 节）。

# %%
gpt2 = {"width": 768, "n_layers": 12, "n_heads": 12}
gpt3 = gpt2_style(50_257, width=12_288, n_layers=96, n_heads=96, max_length=2048)
sizes = {
    "by hand": (tiny, 3),
    "of this lesson": (config, 64),
    "GPT-2, 124 M": (gpt2_style(50_257, **gpt2, max_length=1024), 1024),
    "its text, 16 x": (gpt2_style(50_257, **gpt2, max_length=16_384), 16_384),
    "GPT-3, 175 B": (gpt3, 2048),
}
print("                        N  tokens  attention  head  true / 6N")
true_over = {}
for name, (sized, length) in sizes.items():
    parts = costs.gpt_flops(sized, 1, length)
    true_over[name] = parts.training / costs.six_n_d(sized, length)
    shares = 100 * parts.attention / parts.total, 100 * parts.head / parts.total
    print(
        f"{name:15} {costs.block_matrices(sized):14,d} {length:6}     {shares[0]:4.1f} %"
        f"  {shares[1]:3.0f} %  {true_over[name]:8.2f}"
    )
stated("small", true_over["GPT-2, 124 M"], 1.68, 0.005, "GPT-2 beside 6 N")
stated("large", true_over["GPT-3, 175 B"], 1.03, 0.005, "GPT-3 beside 6 N")
stated("long", true_over["its text, 16 x"], 5.01, 0.005, "GPT-2 with a long text")

# %% [markdown] lang="en"
# For GPT-3 $6N$ is 3 % short; for the smallest GPT-2 the truth is {here.small} times as much, mostly its head, and with texts 16 times as long {here.long} times, nearly all of it attention. A large model with a short text: that is what the rule is for.
#
# ## 4 Gradient check
#
# Counting has no gradient: what has been checked above is *equality*, to the last operation and byte, and that is stronger. What has a gradient in this lesson is the law that will be fitted to losses,
#
# $$L_i = E + e^{\alpha - a \ln N_i}, \qquad \frac{\partial L_i}{\partial E} = 1, \quad \frac{\partial L_i}{\partial \alpha} = e^{\alpha - a \ln N_i}, \quad \frac{\partial L_i}{\partial a} = -\ln N_i \; e^{\alpha - a \ln N_i},$$
#
# where $\alpha = \ln A$ keeps the scale $A$ above 0. It is checked as a rule of the library would be. Then it is put to use: where `fit_power_law`, which takes no gradient, says that the squares are least, all three slopes of the sum of squares must be 0.

# %% [markdown] lang="zh"
# 对 GPT-3，$6N$ 只少算 3 %；对最小的 GPT-2，实际是它的 {here.small} 倍，多出来的主要是输出层；文本再长 16 倍，就是 {here.long} 倍，几乎全是注意力。大模型、短文本，这条规则才管用。
#
# ## 4 梯度检验
#
# 计数没有梯度：上面检验的是**相等**，一次运算、一个字节都不差，这比梯度检验还严。本课有梯度的，是后面要拟合的那条规律：
#
# $$L_i = E + e^{\alpha - a \ln N_i}, \qquad \frac{\partial L_i}{\partial E} = 1, \quad \frac{\partial L_i}{\partial \alpha} = e^{\alpha - a \ln N_i}, \quad \frac{\partial L_i}{\partial a} = -\ln N_i \; e^{\alpha - a \ln N_i},$$
#
# 其中 $\alpha = \ln A$，使系数 $A$ 总大于 0。检验的办法与程序库里的规则一样。检验完就用上它：`fit_power_law` 拟合时不用梯度，它说平方和在哪里最小，那里平方和的三个斜率就都应当是 0。


# %%
def law_rule(n):
    log_n = np.log(n)

    def rule(floor, log_scale, exponent):  # (1,) each
        power = np.exp(log_scale - exponent * log_n)  # (K,)

        def vjp(g):
            return g.sum(keepdims=True), (g @ power)[None], -(g @ (log_n * power))[None]

        return floor + power, vjp

    return rule


n_tried = np.array([192, 1536, 5184, 12288, 24000])
law_of = law_rule(n_tried)
guess = np.array([0.6]), np.array([1.5]), np.array([0.3])
error = check_vjp(law_of, *guess, rng=rng)
print(f"largest relative error {error:.1e}")
assert error < 1e-7, "the rule passes the gradient check"
# %%
seen = read_study("scaling")["loss"][0, :5, -1]
fitted = fit_power_law(n_tried, seen)
at_best = (np.array([x]) for x in (fitted.floor, np.log(fitted.scale), fitted.exponent))
there, slopes_of = law_of(*at_best)
print("slopes of the sum of squares at the fit:", *np.ravel(slopes_of(2 * (there - seen))).round(6))
assert np.abs(slopes_of(2 * (there - seen))).max() < 1e-5, "no step downhill is left"

# %% [markdown] lang="en"
# The planted mistake: an exponent whose slope forgets $\ln N$.

# %% [markdown] lang="zh"
# 故意犯一个错：求指数的斜率时忘了 $\ln N$。


# %%
def forgetful(floor, log_scale, exponent):
    out, vjp = law_of(floor, log_scale, exponent)
    return out, lambda g: (*vjp(g)[:2], -vjp(g)[1])


try:
    check_vjp(forgetful, *guess, rng=rng)
except AssertionError as mistake:
    print(mistake)
else:
    raise RuntimeError("ln N was forgotten, and nobody noticed")

# %% [markdown] lang="en"
# ## 5 Where the guide differs
#
# **"Larger, and so better" (A101).** The loss falls with parameters, with data *and* with operations, each as a power law as long as the others are not in the way: the *scaling laws* (Kaplan et al. 2020). Hoffmann et al. (2022) fitted one law to all,
#
# $$L(N, D) = E + \frac{A}{N^{\alpha}} + \frac{B}{D^{\beta}}, \qquad E = 1.69,\; A = 406.4,\; B = 410.7,\; \alpha = 0.34,\; \beta = 0.28.$$
#
# With $C = 6ND$ given, a larger $N$ leaves fewer tokens $D$. The best $N$ grows as $C^{\beta/(\alpha+\beta)}$ and the best $D$ as $C^{\alpha/(\alpha+\beta)}$: *both together*, each about as the root. So Chinchilla, with 70 billion weights and 1.4 trillion tokens, is better than Gopher, with 280 billion and 0.3 trillion, at about the same cost, and is four times cheaper to use:

# %% [markdown] lang="zh"
# ## 5 勘误
#
# **“更大，所以更好”（A101）**　损失随参数、数据**和**运算量下降，只要另外两样不碍事，每一样都是幂律，这叫**缩放定律**（Kaplan 等，2020）。Hoffmann 等（2022）用一条规律拟合了全部：
#
# $$L(N, D) = E + \frac{A}{N^{\alpha}} + \frac{B}{D^{\beta}}, \qquad E = 1.69,\; A = 406.4,\; B = 410.7,\; \alpha = 0.34,\; \beta = 0.28.$$
#
# 给定 $C = 6ND$，$N$ 越大，留给词元的 $D$ 就越少。最好的 $N$ 随 $C^{\beta/(\alpha+\beta)}$ 增长，最好的 $D$ 随 $C^{\alpha/(\alpha+\beta)}$ 增长：**两者一同增长**，都大约是平方根。所以 Chinchilla 有 700 亿个权重、1.4 万亿个词元，胜过 2800 亿个权重、0.3 万亿个词元的 Gopher；代价差不多，用起来只需四分之一：


# %%
def hoffmann(n, tokens):
    return 1.69 + 406.4 / n**0.34 + 410.7 / tokens**0.28


for name, n_given, tokens_given in (("Gopher", 280e9, 0.3e12), ("Chinchilla", 70e9, 1.4e12)):
    cost = 6 * n_given * tokens_given
    print(f"{name:10} 6ND = {cost:.1e}, loss by the law {hoffmann(n_given, tokens_given):.3f}")
stated("gopher", hoffmann(280e9, 0.3e12), 1.993, 0.0005, "Gopher by the law")
stated("chinchilla", hoffmann(70e9, 1.4e12), 1.937, 0.0005, "Chinchilla by the law")
at_cost = 10.0 ** np.arange(18, 25)[:, None]
n_many = np.geomspace(1e7, 1e13, 4001)
n_best = n_many[hoffmann(n_many, at_cost / (6 * n_many)).argmin(axis=1)]
power = np.polyfit(np.log(at_cost[:, 0]), np.log(n_best), 1)[0]
print(f"the best N grows as C to the {power:.2f}, the best D as C to the {1 - power:.2f}")
stated("root", power, 0.45, 0.005, "exponent of the best size")

# %% [markdown] lang="en"
# By this law Gopher has {here.gopher} and Chinchilla {here.chinchilla}; the best $N$ grows as $C^{{here.root}}$. Section 6.5 looks for the same in models that train in seconds.
#
# **"Enormous compute" (A105)** is right. $6N$ for each token of training and $2N$ for each token written, attention apart. GPT-3 at 300 billion tokens is $3 \cdot 10^{23}$ operations: section 6.7 turns them into energy.

# %% [markdown] lang="zh"
# 照这条规律，Gopher 的损失是 {here.gopher}，Chinchilla 是 {here.chinchilla}；最好的 $N$ 随 $C^{{here.root}}$ 增长。6.5 节在几秒钟就能训练好的模型上找同样的规律。
#
# **“巨大的计算资源”（A105）**　这是对的。注意力除外，训练每个词元 $6N$ 次，写每个词元 $2N$ 次。GPT-3 读 3000 亿个词元，就是 $3 \cdot 10^{23}$ 次运算：6.7 节把它换算成能量。

# %% [markdown] lang="en"
# ## 6 Experiments
#
# ### 6.1 Where a step's time goes
#
# `profile_step` makes one step and charges every moment to the layer that is at work; so the parts sum to the whole. (`python -m minillm profile --size width=64,layers=2,heads=4` prints the same for any size.)
#
# **Predict first.** The feed-forward networks and the head (a product with the table of tokens, in the line `(model)`) have most of the operations. Do they take as large a share of the time? How much time goes where hardly an operation is counted: norms, softmax, the loss, the walk along the tape, the update?

# %% [markdown] lang="zh"
# ## 6 实验
#
# ### 6.1 一步的时间花在哪里
#
# `profile_step` 走一步训练，把每一刻都记在正在工作的那一层名下，所以各部分加起来就是全部。（`python -m minillm profile --size width=64,layers=2,heads=4` 可以对任何规模打印同样的表。）
#
# **先猜一猜**　运算最多的是前馈网络和输出层（与词元表的乘积，在 `(model)` 那一行），它们占的时间也最多吗？归一化、softmax、损失、沿计算图回走、更新参数，几乎没有运算可数，它们要花多少时间？

# %%
optimizer = AdamW(model.parameters(), lr=1e-3)
profiles = [profile_step(model, lambda: model.loss(ids, targets), optimizer) for _ in range(14)]
undisturbed = sorted(profiles[1:], key=lambda one: one.seconds)[:6]  # the first one warms up
profile = mean_profile(undisturbed)
spent = profile.grouped(2)
assert profile.total.flops == counted.total, "the layers' operations sum to the step's"
assert profile.total.parameters == config.parameter_count(), "so do the parameters"
assert abs(profile.total.seconds / profile.seconds - 1) < 0.05, "and the time"
of_flops = {name: part.flops / profile.total.flops for name, part in spent.items()}
of_time = {name: part.seconds / profile.total.seconds for name, part in spent.items()}
stated("ffn", 100 * sum(of_flops[n] for n in spent if "feed_forward" in n), 37, 0.5, "in percent")
stated("scores", 100 * of_flops["(model)"], 36, 0.5, "of the head, in percent")
stated("no_flops", sum(x == 0 for x in of_flops.values()), 15, 0, "parts without products")

# %% tags=["timing"]
print(f"a step: {1e3 * profile.seconds:.1f} ms")
for name, part in spent.items():
    print(
        f"{name:30} {1e3 * part.seconds:6.2f} ms = {100 * of_time[name]:4.1f} %, operations"
        f" {100 * of_flops[name]:4.1f} %, holds {part.held_bytes / 2**20:5.2f} MB"
    )
without = sum(of_time[name] for name in spent if of_flops[name] == 0)
print(f"time without any counted operation: {100 * without:.0f} %")
print(f"{profile.total.flops / profile.seconds / 1e9:.2f} thousand million operations a second")

# %% tags=["timing"]
figure, axes = plt.subplots(figsize=(8, 4.2), layout="constrained")
shown = [name for name in spent if max(of_flops[name], of_time[name]) > 0.005]
place = np.arange(len(shown))
for shift, shares, grey, label in (
    (-0.2, of_flops, "0.75", "operations"),
    (0.2, of_time, "0.25", "time, on this machine"),
):
    bars = axes.barh(
        place + shift, [100 * shares[name] for name in shown], 0.38, color=grey, label=label
    )
    axes.bar_label(bars, fmt="%.0f", padding=2, fontsize=8)
axes.set_yticks(place, [name.replace("(model)", "head, in (model)") for name in shown])
axes.invert_yaxis()
axes.set(xlabel="share of a training step, %", title="width 64, 2 layers, 8 texts of 64 tokens")
axes.legend(loc="lower right")
savefig(figure, "19_layers", {name: [of_flops[name]] for name in spent})

# %% [markdown] lang="en"
# The feed-forward networks have {here.ffn} % of the operations, the head {here.scores} %. Of the parts in the table {here.no_flops} have none at all, and the bars show what time these take on your machine. The blocks are alike and have the same operations; if their bars of time are not equal, that is chance (six steps, the fastest of thirteen, and whatever else the machine did meanwhile), not a property of the layer. In so small a model a good deal of the time is not arithmetic of matrices but bringing numbers from memory, once for every op. An estimate from operations is a *lower bound* of the time; it comes near in large products.
#
# ### 6.2 Writing, with a cache and without
#
# Lesson 8 counted positions; here are operations. With a cache a token costs a little more than the one before it (one key more), without one as much as all before it together.
#
# **Predict first.** 60 tokens behind a prompt of 4: how many times fewer operations are needed with a cache? As many times less *time*?

# %% [markdown] lang="zh"
# （图中 operations 是运算量，time 是在这台机器上的时间，都是占一步训练的百分比。）前馈网络占运算量的 {here.ffn} %，输出层占 {here.scores} %。表里有 {here.no_flops} 个部分一次运算也没有，它们在你的机器上花多少时间，看图中的柱。两块完全相同，运算量也相同；表示时间的柱若不一样长，那是偶然（取十三步里最快的六步，而机器同时还在做别的事），不是哪一层的性质。模型这么小，相当一部分时间不是花在矩阵运算上，而是花在从内存里取数上，每个操作都要取一遍。由运算量估出来的只是时间的**下限**；乘积很大时才接近。
#
# ### 6.2 写作：用缓存与不用缓存
#
# 第 8 课数的是位置，这里数运算。有缓存时，一个词元比前一个只贵一点点（多一个键）；没有缓存时，它与前面所有的加起来一样贵。
#
# **先猜一猜**　在 4 个词元的提示后面写 60 个词元，用缓存，运算量少多少倍？**时间**也少这么多倍吗？

# %%
line = rng.integers(1000, size=(1, 64))


def written(cached):  # operations of each of 60 tokens, and what is kept
    caches = [KeyValueCache() for _ in model.blocks] if cached else None
    each = []
    for end in range(4, 64):
        first = end - 1 if cached and each else 0  # with a cache: only what is new
        with no_grad(), count_flops() as flops:
            model(line[:, first:end], caches=caches)
        each.append(flops.total)
    return each, caches


each_cost = {cached: written(cached)[0] for cached in (True, False)}
for cached, each in each_cost.items():
    assert each == costs.generation_flops(config, 4, 60, cached=cached), (
        "counted = formula, each token"
    )
fewer = stated(
    "fewer", sum(each_cost[False]) / sum(each_cost[True]), 32.4, 0.05, "cached, operations"
)
kept_bytes = sum(c.keys.data.nbytes + c.values.data.nbytes for c in written(True)[1])
assert kept_bytes == costs.kv_cache_bytes(config, 1, 63), "63 have been read, the last has not"
print(f"{fewer:.1f} times fewer operations, for {kept_bytes:,} bytes of keys and values")

# %% tags=["timing"]
seconds = {}
for cached in (True, False):
    began = process_time()
    written(cached)
    seconds[cached] = process_time() - began
    print(f"cached: {cached!s:5}  {1e3 * seconds[cached]:6.1f} ms")
print(f"{seconds[False] / seconds[True]:.1f} times less time, {fewer:.1f} times fewer operations")

# %% [markdown] lang="en"
# {here.fewer} times fewer operations; the time that is saved is printed above, and it is less: one token at a time is a product of a vector, for which every weight has to come from memory, and which spends much of its time between ops. That is why writing is slow for its operations, and why texts are written in batches.
#
# ### 6.3 Fewer bits
#
# To store numbers in few bits, as multiples of a step, is *quantisation*. Weights in eight bits are a quarter of the memory, in sixteen a half.
#
# **Predict first.** A layer of 256 inputs and 1024 outputs: how far off are its outputs, in eight bits and in sixteen? Is it faster?

# %% [markdown] lang="zh"
# 运算量少了 {here.fewer} 倍；时间省了多少，见上面打印的结果，没有这么多：一次一个词元，就是一个向量乘矩阵，每个权重都要从内存取来，而且大量时间花在各操作之间。所以写作的速度，与它的运算量相比，总是慢；也所以要成批地写。
#
# ### 6.3 更少的比特
#
# 用很少的比特存数，存成某个步长的整数倍，叫**量化**。权重用八比特，内存是四分之一；用十六比特，是一半。
#
# **先猜一猜**　一个 256 个输入、1024 个输出的层，用八比特和十六比特，输出各差多少？会更快吗？

# %%
layer = Linear(256, 1024, rng=rng)
x = Tensor(rng.standard_normal((64, 256)).astype(np.float32))
kinds = {"float32": layer, "float16": Float16Linear(layer), "int8": Int8Linear(layer)}
exact = layer(x).data
off = {
    name: np.sqrt(((kind(x).data - exact) ** 2).mean()) / exact.std()
    for name, kind in kinds.items()
}
bytes_of = {
    name: sum(a.nbytes for a in kind.stored()) if name != "float32" else layer.weight.data.nbytes
    for name, kind in kinds.items()
}
for name in kinds:
    print(f"{name}: {bytes_of[name]:9,} bytes, outputs off by {off[name]:.1e} of their spread")
assert 1e-5 < off["float16"] < 1e-3 < off["int8"] < 1e-2, "small, and smaller with sixteen bits"
half_step = Int8Linear(layer).scale[:, None] / 2
gap = np.abs(Int8Linear(layer).dequantized() - layer.weight.data)
assert (gap <= half_step * (1 + 1e-5)).all(), "no weight is off by more than half a step"
spoiled = layer.weight.data.copy()
spoiled[0, 0] = 50 * np.abs(spoiled[0]).max()  # one outlier
rows = np.abs(np.multiply(*(a.T for a in quantized_rows(spoiled))).T - spoiled).mean(axis=1)
print(f"with one outlier its row is off {rows[0] / rows[1:].mean():.0f} times as much as others")
assert rows[0] > 10 * rows[1:].max(), "the row of an outlier, and no other"

# %% tags=["timing"]
for texts in (1, 64):
    few_rows = Tensor(x.data[:texts])
    for name, kind in kinds.items():
        began = process_time()
        for _ in range(30):
            kind(few_rows)
        print(f"{texts:2} rows, {name}: {1e3 * (process_time() - began) / 30:.2f} ms")

# %% [markdown] lang="en"
# In {n_seeds} trained models of section 6.4 eight bits in all linear layers changed the loss by at most {bits.eight:.0f} hundred-thousandths of a nat, sixteen by {bits.sixteen:.1f} hundred-thousandths (section 6.4 prints both); the whole model, tables included, has {bits.bytes8:.0f} % and {bits.bytes16:.0f} % of its bytes. And *ours is not faster*: it unpacks the weights to float32, then does all that the plain layer does. The memory is saved, the time is not; that needs a processor, and a kernel, which multiply integers.
#
# ### 6.4 Loss against size
#
# Now what one gets for it. The world: 1728 facts, a key of three digits and its answer; the $k$-th most frequent is told with $p_k \propto k^{-1.3}$, and one answer in ten is drawn anew, so that nobody can know it. Whoever remembers the $n$ most frequent facts errs in about $n^{-0.3}$ of the texts: *the exponent is planted*, and the floor, the entropy of what cannot be known, is {law.planted:.3f} nats.
#
# One dial sets the models: *depth* $\ell$, hence $\ell$ layers of $\ell$ heads, width $4\ell$, $N = 192\, \ell^3$, and a rate that falls as $1/\ell$. Depths 1 to 6, 500 steps of texts that never repeat, {n_seeds} seeds. The law is fitted to depths 1 to 5; depth 6 is held back.
#
# **Predict first.** Six times as deep is 216 times as large. How far does the loss fall? Will the law foretell the one it has not seen? And which depth would you take if operations are short?

# %% [markdown] lang="zh"
# 在 6.4 节训练好的 {n_seeds} 个模型上，所有线性层用八比特，损失的变化至多是十万分之 {bits.eight:.0f} 奈特，用十六比特至多是十万分之 {bits.sixteen:.1f} 奈特（两者都在 6.4 节打印）；整个模型连同词表，字节数是原来的 {bits.bytes8:.0f} % 和 {bits.bytes16:.0f} %。而**我们的并不更快**：它先把权重展开成 float32，再做普通层所做的一切。省的是内存，不是时间；要省时间，得有会做整数乘法的处理器和内核。
#
# ### 6.4 损失与规模
#
# 再看花了代价换来什么。我们的世界：1728 个事实，每个是三位数的键和一个答案；第 $k$ 常见的那个，出现的概率 $p_k \propto k^{-1.3}$；答案有十分之一是重新抽的，谁也无从知道。记住最常见的 $n$ 个事实，大约在 $n^{-0.3}$ 的文本上出错：**指数是事先埋好的**；下限，即无从知道的那部分的熵，是 {law.planted:.3f} 奈特。
#
# 模型由一个旋钮决定：**深度** $\ell$，于是有 $\ell$ 层，每层 $\ell$ 个头，宽 $4\ell$，$N = 192\, \ell^3$，学习率随 $1/\ell$ 下降。深度 1 到 6，走 500 步，文本从不重复，{n_seeds} 个种子。规律用深度 1 到 5 拟合，深度 6 留着不用。
#
# **先猜一猜**　深 6 倍就是大 216 倍，损失会降到哪里？这条规律能预测它没有见过的那一个吗？如果运算量有限，你选哪个深度？

# %%
study = read_study("scaling")
n_of, flops_at = study["parameters"][0], study["flops"][0]  # (6,), (6, looks)
laws = [fit_power_law(n_of[:5], row[:5, -1]) for row in study["loss"]]
for one, loss_row in zip(laws, study["loss"], strict=True):
    print(
        f"floor {one.floor:.3f}, exponent {one.exponent:.3f}; depth 6: foretold"
        f" {one.at(n_of[5]):.3f}, found {loss_row[5, -1]:.3f}"
    )
assert np.allclose([one.exponent for one in laws], study["exponent"], atol=1e-4), "as stored"
print("exponent {:.3f} ± {:.3f}".format(*mean_and_interval([one.exponent for one in laws])))
for i, kind in enumerate(("int8", "float16")):
    rise, size = study["fewer_bits"][:, i, 0], study["fewer_bits"][:, i, 3]
    print(f"{kind}: the loss moves by {np.abs(rise).max():.1e} nats at most,", end=" ")
    print(f"{100 * size.mean():.0f} % of the bytes")

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
final, floor = study["loss"][:, :, -1], study["planted_floor"][0]
left.loglog(n_of[:5], (final[:, :5] - floor).T, "o", color="0.5", markersize=4)
left.loglog(n_of[5:], (final[:, 5:] - floor).T, "s", color="tab:red", markersize=6, mfc="none")
along = np.geomspace(n_of[0], n_of[5], 50)
fit = fit_power_law(n_of[:5], final[:, :5].mean(axis=0))
left.loglog(along, [fit.at(one) - floor for one in along], "k-", label="law of depths 1 to 5")
left.plot([], [], "s", color="tab:red", mfc="none", label="depth 6, held back")
left.set(xlabel="N, weights of the blocks", ylabel="loss above the planted floor, nats")
left.legend()
for depth in range(6):
    mean = study["loss"][:, depth].mean(axis=0)
    right.semilogx(flops_at[depth], mean, "o-", color=plt.cm.viridis(depth / 6), markersize=4)
    right.annotate(f"{depth + 1}", (flops_at[depth, -1], mean[-1]), xytext=(-3, -12),
                   textcoords="offset points", fontsize=8)  # fmt: skip
right.axhline(floor, color="0.5", ls=":")
right.set(xlabel="operations of training", ylabel="loss, nats", title="numbers: depth; dots: floor")
savefig(figure, "19_scaling", {"N": n_of, "loss": final, "flops": flops_at})

# %% [markdown] lang="en"
# The exponent is {law.exponent.mean:.2f} ± {law.exponent.half:.2f}, the floor {law.floor.mean:.2f} ± {law.floor.half:.2f}: the planted 0.3 and {law.planted:.3f} lie inside. The law misses the loss of depth 6 by {law.missed:.0f} thousandths of a nat in the mean; to say "as the largest so far" would miss it by {law.as_last:.0f}. Note how wide the interval of the exponent is, with five sizes that span two orders of magnitude: whoever fits fewer, or no floor, will be sure of a wrong number (exercise 19.2).
#
# On the right the same runs by operations. Look along a vertical line: *at given operations the deepest is not the lowest*. But these points lie in the middle of runs whose rate had not yet fallen; a run that was planned to be short would have done better. So that comparison is made once more, fairly.
#
# ### 6.5 Operations are given
#
# **Predict first.** $5 \cdot 10^8$ operations for each of depths 1 to 4, each with a schedule of its own that ends there. Depth 4 has 64 times the weights of depth 1: how many steps are left for it? Which is best? With 16 times the operations, will the best one be larger, or read longer? (The next cell trains twelve models; that takes ten seconds or more.)

# %% [markdown] lang="zh"
# （左图：横轴 N 是各块的权重数，纵轴是损失高出下限多少，黑线是由深度 1 到 5 拟合的规律，红色方块是留着不用的深度 6。右图：横轴是训练的运算量，数字是深度，虚线是下限。）指数是 {law.exponent.mean:.2f} ± {law.exponent.half:.2f}，下限是 {law.floor.mean:.2f} ± {law.floor.half:.2f}：埋好的 0.3 和 {law.planted:.3f} 都在区间里。对深度 6，规律的预测平均差千分之 {law.missed:.0f} 奈特；若说“和目前最大的一样”，就差千分之 {law.as_last:.0f}。注意指数的区间有多宽，而五个规模已经跨了两个数量级：规模更少，或者不拟合下限，就会对一个错的数很有把握（见练习 19.2）。
#
# 右图是同样的训练，按运算量来画。沿一条竖线看：**运算量给定时，最深的并不最低**。不过这些点在训练半途，学习率还没有降下来；打算走短的训练，本来会更好。所以下面公平地再比一次。
#
# ### 6.5 运算量给定
#
# **先猜一猜**　给深度 1 到 4 各 $5 \cdot 10^8$ 次运算，每个都有自己的、到此为止的学习率安排。深度 4 的权重是深度 1 的 64 倍：留给它的步数有多少？哪个最好？运算量多 16 倍，最好的那个会更大，还是读得更久？（下一格训练十二个模型，要十秒以上。）


# %% tags=["machine"]
def spend(budget, depth, seed, rate=0.02):
    facts = Facts(RankedFacts(base=12, tail=0.3), seed=seed)
    plan = Training(batch=64, rate=rate)
    steps = round(budget / flops_of(facts, depth, plan))
    plan = replace(plan, steps=steps, warmup=steps // 20)
    learner = new_learner(facts, depth, plan, seed=seed, use="lesson")
    texts = drawing(facts, np.random.default_rng([seed, depth]))
    return steps, *learned(learner, facts, depth, plan, texts, 1)


BUDGET = 5e8  # change it
live = {depth: [spend(BUDGET, depth, seed) for seed in (19, 20, 21)] for depth in (1, 2, 3, 4)}
for depth, runs in live.items():
    mean, half = mean_and_interval([loss for _, loss in runs])
    print(f"depth {depth}: {runs[0][0]:5} steps, loss {mean:.2f} ± {half:.2f}, 3 seeds")
worse = [four - two for (_, four), (_, two) in zip(live[4], live[2], strict=True)]
assert min(worse) > 0.2, "in each seed the largest is far worse than depth 2"
gained = [one - two for (_, one), (_, two) in zip(live[1], live[2], strict=True)]
print("depth 1 loses {:.2f} ± {:.2f} more than depth 2".format(*mean_and_interval(gained)))

# %%
for depth in range(1, 6):
    small = gpt2_style(52, width=4 * depth, n_layers=depth, n_heads=depth, max_length=3)
    parts = costs.gpt_flops(small, 1, 3)
    of_head, over = parts.head / parts.total, parts.training / costs.six_n_d(small, 3)
    print(f"depth {depth}: head {100 * of_head:4.1f} % of the operations, true / 6N {over:.2f}")
    if depth == 1:
        stated("head_1", 100 * of_head, 49, 0.5, "share of the head at depth 1, in percent")
        stated("over_1", over, 2.21, 0.005, "true / 6N at depth 1")
stated("over_5", over, 1.07, 0.005, "true / 6N at depth 5")
stated("head_5", 100 * of_head, 4, 0.5, "share of the head at depth 5, in percent")

# %%
limits, asked = read_study("bottlenecks"), read_settings("bottlenecks")
deep = (limits["best_parameters"] / 192) ** (1 / 3)  # the depth of the best size, (seeds, 4)
over_6n = 1 + 1 / (8 * deep) + 13 / (12 * deep**2)  # matrices, attention, head: section 3
assert abs(1 + 1 / 8 + 13 / 12 - 2.21) < 0.005, "at depth 1, as in the table"
falls = [-np.polyfit(np.log(asked["flops"]), np.log(row), 1)[0] for row in over_6n]
stated("falls", np.mean(falls), 0.11, 0.005, "true / 6N at the best size falls as this power")
for i, budget in enumerate(asked["flops"]):
    means = " ".join(
        f"{depth}: {loss:.3f}"
        for depth, loss in zip(asked["depths"][i], limits["loss"][:, i].mean(axis=0), strict=True)
    )
    size, read = (limits[name][:, i].mean() for name in ("best_parameters", "best_texts"))
    print(f"{budget:.2e}: loss by depth {means}; best N {size:6,.0f}, {read:8,.0f} texts")
for name in ("parameters", "texts"):
    found = mean_and_interval(limits[f"exponent_of_{name}"])
    print("best {}: operations to the {:.2f} ± {:.2f}".format(name, *found))

# %% [markdown] lang="en"
# Your three seeds show that depth 4 is too large. Which of depths 1 to 3 is best they may leave open: where the last line's interval has 0 in it, depths 1 and 2 are *undecided*. The study has more seeds, and more numbers of operations.
#
# Too small, and a model cannot hold more facts however long it reads; too large, and no steps are left to learn any. In the study ({n_seeds} seeds; the rate chosen for each number of operations on two other seeds, but that the most have the rate of the next) operations grow {more_flops:.0f}-fold. Between the sizes that were tried the best is found by a parabola: through the lowest point and its two neighbours, over $\ln N$, and the best is its vertex (so do Hoffmann et al., section 3.2); the texts it reads, by a straight line between the neighbours' logarithms. Where the first point is the lowest, its own size is taken. The best size grows from {best.n.0.mean:,.0f} weights to {best.n.3.mean:,.0f}, as the power {best.of_n.mean:.2f} ± {best.of_n.half:.2f} of the operations, and the number of texts read as {best.of_texts.mean:.2f} ± {best.of_texts.half:.2f}. *Both grow*, as Hoffmann et al. found for language. (In {best.edges} of {best.cases} cases the lowest point is the smallest size that was tried; the best may then be smaller still. With the most operations depth 1 was not tried, depth 2 being the smallest.) The exponents are those of this world.
#
# If $C = 6ND$ held, the two would add up to 1. Their means add up to {best.both:.2f}, and most of what is above 1 has a cause that can be computed. At depth 1 the head takes {here.head_1} % of the operations and the truth is {here.over_1} times $6N$; at depth 5 it is {here.head_5} % and {here.over_5} times. At the best size true over $6N$ falls as the power {here.falls} of the operations, since the best model grows; so $N \cdot D$ grows by that much more than $C$. The rest is what the parabola and the straight line leave. (Whether the *share* of each exponent is that of a larger world has not been tested; their intervals are wide.)
#
# ### 6.6 Is it the data, or the model?
#
# Now texts are given, and none is new: a model reads them again and again. A model's *mistakes* are judged by the fact as it *is*, not as it was told: the share of texts, each key as often as it is asked for, whose true answer is not the model's first choice. (Here all texts tell the truth; in section 6.4 one in ten did not.) What they do not tell nobody can know, and with more texts that share falls: fitted to 100 to 10,000 texts, with the exponent {data.planted:.3f}. The study of section 6.4 trained depth 2 on as many, for 500 steps; its mistakes fall with an exponent of {data.found.mean:.3f} ± {data.found.half:.3f}, far less. Was the theory wrong, or is something else the limit? One changes one thing at a time.
#
# **Predict first.** 1,000 texts and 10,000; depth 2 and 500 steps, then three times the steps, then depth 5, then both. Where do mistakes come down to what nobody can know?

# %% [markdown] lang="zh"
# 你的三个种子看得出深度 4 太大。深度 1 到 3 哪个最好，它们未必能回答：最后一行的区间若含 0，深度 1 和 2 就**未能判定**。研究里种子更多，运算量也有好几种。
#
# 太小的模型，读得再久也记不下更多的事实；太大的模型，没有剩下多少步来学。在研究里（{n_seeds} 个种子；每种运算量的学习率在另外两个种子上选好，只有最多的一种沿用前一种的），运算量增长到 {more_flops:.0f} 倍。试过的规模之间，最好的那个用抛物线来找：以 $\ln N$ 为横轴，过最低点和左右两点，取它的顶点（Hoffmann 等的 3.2 节也是这样）；读的文本数则在左右两点的对数之间取直线。最低点若是第一个，就取它自己。最好的规模从 {best.n.0.mean:,.0f} 个权重增到 {best.n.3.mean:,.0f} 个，随运算量的 {best.of_n.mean:.2f} ± {best.of_n.half:.2f} 次幂增长；读的文本数随 {best.of_texts.mean:.2f} ± {best.of_texts.half:.2f} 次幂增长。**两者都增长**，正如 Hoffmann 等在语言上发现的。（{best.cases} 种情形里有 {best.edges} 种，最低点就是试过的最小规模；真正最好的可能还要小。运算量最多的那种没有试深度 1，最小的是深度 2。）指数属于这个世界。
#
# 假如 $C = 6ND$ 成立，两个指数加起来应当是 1。它们的平均值之和是 {best.both:.2f}，超出的部分大半算得出原因。深度 1 时输出层占运算量的 {here.head_1} %，实际是 $6N$ 的 {here.over_1} 倍；深度 5 时占 {here.head_5} %，实际是 {here.over_5} 倍。在最好的规模上，实际与 $6N$ 之比随运算量的 {here.falls} 次幂下降，因为最好的模型在变大；于是 $N \cdot D$ 就比 $C$ 多长这么一点。余下的是抛物线和直线插值的误差。（换一个更大的世界，两个指数各占多少，没有检验；它们的区间很宽。）
#
# ### 6.6 是数据，还是模型？
#
# 现在给定的是文本，而且没有新的：模型一遍又一遍地读。模型的**错误**以**真正的**事实为准，不以听到的为准：按各个键被问到的频率，模型的首选不是真答案的文本所占的份额。（这里的文本说的全是真话；6.4 节有十分之一不是。）文本里没有的，谁也无从知道；文本越多，这个份额越小：对 100 到 10,000 条文本拟合，指数是 {data.planted:.3f}。6.4 节的研究也用这么多文本训练了深度 2，走 500 步；它的错误下降的指数是 {data.found.mean:.3f} ± {data.found.half:.3f}，小得多。是理论错了，还是限制在别处？办法是每次只改一样。
#
# **先猜一猜**　1,000 条文本和 10,000 条；深度 2 走 500 步，再是三倍的步数，再是深度 5，再是两样都改。在哪些情况下，错误会降到无从知道的那个份额？

# %%
labels = [f"depth {depth}, {steps} steps" for depth, steps in asked["ways"]]
few, many = 100 * limits["mistakes"].swapaxes(0, 1)  # (seeds, ways) each, in percent
not_told = study["planted_exponent_of_data"][0]
print(f"exponent of what is not told, 100 to 10,000 texts: {not_told:.3f}")
print("exponent of mistakes: {:.3f} ± {:.3f}".format(*mean_and_interval(study["exponent_of_data"])))
for texts, shares, nobody in zip(asked["texts"], (few, many), limits["unseen"][0], strict=True):
    print(f"{texts:,} texts; {100 * nobody:.1f} % ask for what they do not tell")
    for label, one in zip(labels, shares.T, strict=True):
        print("  {}: {:.1f} ± {:.1f} % mistakes".format(label, *mean_and_interval(one)))

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
for i, budget in enumerate(asked["flops"]):
    n_row, mean = limits["parameters"][0, i], limits["loss"][:, i].mean(axis=0)
    color = plt.cm.viridis(i / 4)
    left.semilogx(n_row, mean, "o-", color=color, markersize=4, label=f"{budget:.3g}")
    left.axvline(limits["best_parameters"][:, i].mean(), 0, 0.08, color=color, lw=3)
left.set(xlabel="N, weights of the blocks", ylabel="loss, nats", title="ticks: the best N")
left.legend(title="operations", fontsize=8)
for shift, shares, grey, nobody, texts in (
    (-0.2, few, "0.75", limits["unseen"][0, 0], "1,000"),
    (0.2, many, "0.35", limits["unseen"][0, 1], "10,000"),
):
    right.bar(np.arange(4) + shift, shares.mean(axis=0), 0.38, color=grey, label=f"{texts} texts")
    right.plot(np.arange(4) + shift + np.zeros((len(shares), 1)), shares, "o", color="white",
               markersize=4, mec="black")  # fmt: skip
    right.axhline(100 * nobody, color=grey, ls="--")
right.set_xticks(range(4), [label.replace(", ", ",\n") for label in labels], fontsize=8)
right.set(ylabel="mistakes, %", ylim=(0, 17), title="dashes: not told in the texts")
right.legend(fontsize=8)
drawn = {"loss": limits["loss"].mean(axis=0), "mistakes": limits["mistakes"].mean(axis=0)}
savefig(figure, "19_limits", drawn)

# %% [markdown] lang="en"
# **Reading the figure.** Left: a curve for each number of operations. Three have their lowest point in between, or at the smallest size that was tried in some seeds; of the fewest the *left edge* is lowest in the mean, and nobody knows what lies beyond it. Ticks show the mean of the best sizes of all seeds, each the vertex of a parabola, or the smallest size where that was lowest: so they stand between the sizes that were measured, even under a curve that is lowest at its edge. They stand further right for more. Right: mistakes in {n_seeds} seeds, and dashed what the texts do not tell.
#
# With 1,000 texts depth 5 and three times the steps together win {gains.0.mean:.1f} ± {gains.0.half:.1f} points: *the data are the limit*, {unseen.0:.1f} % are not told (a guess is right now and then, so that mistakes may be fewer). With 10,000 depth 2 makes {wrong.1.0.mean:.1f} % mistakes, no fewer than with 1,000: {wrong.0.0.mean:.1f} %. Whoever looks at it alone will say that more data do not help. Three times the steps leave {wrong.1.1.mean:.1f} %, depth 5 {wrong.1.2.mean:.1f} %, both {wrong.1.3.mean:.1f} %, and {unseen.1:.1f} % nobody can know: here *the model and its training were the limit*. So the exponent missed: its points up to 1,000 texts measured the data, those beyond the model.
#
# ### 6.7 Energy
#
# $$\text{energy} = \text{overhead} \cdot C \cdot \frac{\text{power}}{\text{speed}}, \qquad \text{in J: operations} \cdot \frac{\text{W}}{\text{operations a second}}.$$
#
# Speed is that at this very work, not that of the data sheet; overhead is what the building takes for each joule of the machine. *None of the three follows from a formula*, so `energy_of` has no values of its own and keeps the assumptions with the answer.
#
# **Predict first.** GPT-3, $6ND$ with 175 billion weights and 300 billion tokens, under two sets of assumptions that both sound sober. How far apart are the answers?

# %% [markdown] lang="zh"
# **读图**　左图：每种运算量一条曲线（operations）。有三条最低点在中间（个别种子落在试过的最小规模上）；运算量最少的那条，平均起来**左端**最低，再往左怎样，谁也不知道。底部的短线是各个种子最好规模的平均，而每个种子的是抛物线的顶点，或者最低点在左端时就是最小规模：所以它在量过的规模之间，曲线最低处在左端时也是如此。运算量越多，短线越靠右。右图：{n_seeds} 个种子的错误率（mistakes），texts 是文本数，虚线是文本里没有的份额。
#
# 只有 1,000 条文本时，深度 5 加上三倍的步数，一共只好了 {gains.0.mean:.1f} ± {gains.0.half:.1f} 个百分点：**限制在数据**，有 {unseen.0:.1f} % 没有讲到（偶尔能猜对，所以错误可以更少）。有 10,000 条时，深度 2 的错误是 {wrong.1.0.mean:.1f} %，并不比 1,000 条时的 {wrong.0.0.mean:.1f} % 少。只看它，就会说数据多了没有用。三倍的步数，剩 {wrong.1.1.mean:.1f} %；深度 5，剩 {wrong.1.2.mean:.1f} %；两样都改，剩 {wrong.1.3.mean:.1f} %，而 {unseen.1:.1f} % 是谁也无从知道的：这里**限制在模型及其训练**。所以那个指数偏了：1,000 条以内的点量的是数据，再往后的点量的是模型。
#
# ### 6.7 能量
#
# $$\text{energy} = \text{overhead} \cdot C \cdot \frac{\text{power}}{\text{speed}}, \qquad \text{in J: operations} \cdot \frac{\text{W}}{\text{operations a second}}.$$
#
# （energy 是能量，overhead 是额外开销，power 是功率，speed 是速度，即每秒的运算量。）速度是做这件事时的速度，不是说明书上的；额外开销是机器每用一焦耳，机房一共要用多少。**三样都不能由公式得出**，所以 `energy_of` 没有自己的数值，并把假设和答案放在一起。
#
# **先猜一猜**　GPT-3，按 $6ND$ 算，1750 亿个权重，3000 亿个词元；用两组听起来都很稳妥的假设，答案相差多少？

# %%
kwh = {}
for machine, watts, per_second, overhead in (
    ("fast and full", 400, 1e14, 1.1),
    ("older and half idle", 300, 2e13, 1.5),
):
    energy = costs.energy_of(
        6 * 175e9 * 300e9, joules_per_flop=watts / per_second, overhead=overhead
    )
    kwh[machine] = energy.kwh
    print(f"{machine:20}: {energy.joules_per_flop:.1e} J an operation, {energy.kwh:12,.0f} kWh")
apart = kwh["older and half idle"] / kwh["fast and full"]
stated("apart", apart, 5.1, 0.05, "how far apart two assumptions are")

# %% tags=["timing"]
WATTS = 30.0  # of this computer at work: an assumption, change it
own = costs.energy_of(
    profile.total.flops, joules_per_flop=WATTS * profile.seconds / profile.total.flops
)
print(f"a step of 6.1, if this computer takes {WATTS:.0f} W: {own.joules:.2f} J")

# %% [markdown] lang="en"
# By {here.apart} times, for the same model and the same data. Whoever reports energy without the assumptions has reported nothing that can be checked.

# %% [markdown] lang="zh"
# 差 {here.apart} 倍，而模型和数据都一样。报告能量却不说假设，就没有说出任何可以核对的东西。

# %% [markdown] lang="en"
# ## 7 Summary and limits
#
# * Operations, parameters and bytes follow from a configuration; what is counted while a step runs is equal to the formula. Training costs three times a forward pass.
# * $6ND$ leaves out the head and attention. It is good for a large model with short texts, and wrong by factors for a small model or a long text.
# * A profile whose parts sum to the step shows where time goes; much of it has no operations to count. A cache saves operations, and takes memory. Fewer bits save memory; time only with kernels for them.
# * The loss is a power law above a floor as long as one thing is the limit. Fit the floor too, and say how wide the interval is. A law of one limit does not speak of the other: look for the limit by changing one thing at a time.
# * At given operations the best size lies in between, and grows with them, as does what it reads.
# * All on one made world with models of at most 41,472 weights, where facts are learned by heart; the rates were chosen on two other seeds. The exponents of language are others. Energy is as good as its assumptions.

# %% [markdown] lang="zh"
# ## 7 小结与局限
#
# * 由配置就能算出运算量、参数量和字节数；运行一步时数出来的，与公式相等。训练的代价是前向的三倍。
# * $6ND$ 略去了输出层和注意力。模型大、文本短时很准；模型小或文本长时，会差好几倍。
# * 各部分之和等于一步的剖析表，说明时间花在哪里；其中许多没有运算可数。缓存省运算，占内存。更少的比特省内存；要省时间，还得有相应的内核。
# * 只要限制因素只有一个，损失就是下限之上的幂律。下限也要拟合，并说出区间有多宽。一种限制下的规律，不能用来说另一种：每次只改一样，找出限制在哪里。
# * 运算量给定时，最好的规模在中间；运算量增加，它随之变大，读的文本也随之变多。
# * 以上都在一个人造的世界里，模型至多 41,472 个权重，要做的是背下事实；学习率是在另外两个种子上选的。语言的指数是另外的数。能量的可信程度，取决于它的假设。

# %% [markdown] lang="en"
# ## 8 Exercises
#
# {course.exercises}
#
# **19.1 Operations of a block.** Write `block_flops(batch, new, seen, width, heads, key_heads, hidden)`: how many operations the products of one block take forward (as section 3 counts them), when `batch` texts each have `new` new positions, whose queries meet the keys of all `seen` positions; the other `seen - new` lie in a cache. `heads` divides `width`; if `key_heads` is smaller than `heads`, several heads share keys and values, so the matrices of keys and values have only `key_heads` times the width of a head as outputs. The hidden layer has the width `hidden`.

# %% [markdown] lang="zh"
# ## 8 练习
#
# {course.exercises}
#
# **19.1 一块的运算量**　请写 `block_flops(batch, new, seen, width, heads, key_heads, hidden)`：一块的各个乘积前向要多少次运算（按第 3 节的数法）。共 `batch` 段文本，每段有 `new` 个新位置，它们的查询要与全部 `seen` 个位置的键相乘；其余 `seen - new` 个在缓存里。`heads` 整除 `width`；若 `key_heads` 小于 `heads`，就有几个头共用键和值，这时键和值的矩阵的输出只有 `key_heads` 乘以每个头的宽度。隐藏层宽 `hidden`。


# %% tags=["exercise"]
def block_flops(batch, new, seen, width, heads, key_heads, hidden):
    return ...


# %% tags=["solution"]
def block_flops(batch, new, seen, width, heads, key_heads, hidden):
    keys = width // heads * key_heads
    projections = 2 * width * (2 * width + 2 * keys)
    attention = 4 * seen * width
    return batch * new * (projections + attention + 4 * width * hidden)


# %% tags=["exercise-check"]
check("19.1", block_flops)

# %% [markdown] lang="en"
# *Hint*: only new positions are multiplied with matrices. Sharing makes two matrices smaller; each head of queries still has a score for each key.
#
# **19.2 Floor and exponent, with an interval.** `n` $(K,)$ are sizes in any order, `losses` $(S, K)$ those of $S \ge 2$ seeds. Write `fit(n, losses, t)`: fit $L = E + A\, n^{-a}$ to each seed by least squares, and return three numbers: the mean floor, the mean exponent, and half of the exponent's interval, $t \cdot s / \sqrt{S}$, where $s$ is the standard deviation of the exponents over seeds ($S - 1$ below). Each of the three may be off by 0.003; $a$ lies between 0.1 and 1.

# %% [markdown] lang="zh"
# **提示**　只有新位置要与矩阵相乘。共用键，使两个矩阵变小；而查询的每个头对每个键仍有一个分数。
#
# **19.2 下限与指数，带区间**　`n` $(K,)$ 是规模，次序任意；`losses` $(S, K)$ 是 $S \ge 2$ 个种子的损失。请写 `fit(n, losses, t)`：对每个种子用最小二乘拟合 $L = E + A\, n^{-a}$，返回三个数：下限的平均值、指数的平均值，以及指数区间的一半 $t \cdot s / \sqrt{S}$，其中 $s$ 是各种子指数的标准差（分母为 $S - 1$）。三个数各允许差 0.003；$a$ 在 0.1 与 1 之间。


# %% tags=["exercise"]
def fit(n, losses, t):
    return ..., ..., ...


# %% tags=["solution"]
def fit(n, losses, t):
    tried = np.linspace(0.05, 1.2, 4000)
    x = (n / n.min()) ** -tried[:, None]  # (G, K)
    x0 = x - x.mean(axis=1, keepdims=True)
    floors, exponents = [], []
    for loss in losses:
        scale = x0 @ loss / (x0**2).sum(axis=1)
        floor = loss.mean() - scale * x.mean(axis=1)
        off = (floor[:, None] + scale[:, None] * x - loss) ** 2
        best_one = off.sum(axis=1).argmin()
        floors.append(floor[best_one])
        exponents.append(tried[best_one])
    half = t * np.std(exponents, ddof=1) / len(losses) ** 0.5
    return np.mean(floors), np.mean(exponents), half


# %% tags=["exercise-check"]
check("19.2", fit)

# %% [markdown] lang="en"
# *Hint*: for a given $a$ the law is a straight line in $x = n^{-a}$, and $E$ and $A$ have formulas. Try many $a$ and keep the best: 901 of them, 0.100, 0.101 to 1.000, are as fine as is asked for, since all three numbers may be off by 0.003. Divide $n$ by its smallest first: $10^{12}$ to the power of $-1$ has few digits to spare.
#
# **19.3 Bytes of a cache.** Write `cache_bytes(layers, batch, length, width, heads, key_heads, dtype)`: the bytes of the keys and values of `length` positions of `batch` texts in all layers. Heads are as in 19.1; `dtype` is a name such as `"float16"`.

# %% [markdown] lang="zh"
# **提示**　给定 $a$，规律就是 $x = n^{-a}$ 的直线，$E$ 和 $A$ 有公式。多试一些 $a$，留下最好的：0.100、0.101 直到 1.000，共 901 个，就够细了，因为三个数各允许差 0.003。先把 $n$ 除以最小的那个：$10^{12}$ 的 $-1$ 次方，有效数字所剩无几。
#
# **19.3 缓存的字节数**　请写 `cache_bytes(layers, batch, length, width, heads, key_heads, dtype)`：`batch` 段文本，每段 `length` 个位置，所有层的键和值一共占多少字节。头与 19.1 相同；`dtype` 是类型名，如 `"float16"`。


# %% tags=["exercise"]
def cache_bytes(layers, batch, length, width, heads, key_heads, dtype):
    return ...


# %% tags=["solution"]
def cache_bytes(layers, batch, length, width, heads, key_heads, dtype):
    numbers = layers * batch * length * key_heads * (width // heads)
    return 2 * numbers * np.dtype(dtype).itemsize


# %% tags=["exercise-check"]
check("19.3", cache_bytes)

# %% [markdown] lang="en"
# *Hint*: heads of *keys* are kept; `np.dtype(dtype).itemsize` is the bytes of one number. Compute the bytes, do not make the arrays: the cache of a large model would not fit into memory. All sizes are Python's own integers, which have no limit; `np.int32` ends at two thousand million.
#
# ## 9 Further reading
#
# * Kaplan et al. 2020, "Scaling Laws for Neural Language Models", section 2.1 for $6N$. Hoffmann et al. 2022, "Training Compute-Optimal Large Language Models", section 3.
# * Hutter 2021, "Learning Curve Theory", section 3: facts whose frequencies are a power law.
# * Shazeer 2019, "Fast Transformer Decoding: One Write-Head is All You Need", for shared keys. Dettmers et al. 2022, "LLM.int8(): 8-bit Matrix Multiplication for Transformers at Scale", section 2, also on outliers.
# * Korthikanti et al. 2022, "Reducing Activation Recomputation in Large Transformer Models", section 4: bytes of activations.
# * Strubell, Ganesh & McCallum 2019, "Energy and Policy Considerations for Deep Learning in NLP".
# * In this project: `minillm/models/costs/`, `minillm/labs/challenges/`; on a model of your own: `python -m minillm profile --help`.

# %% [markdown] lang="zh"
# **提示**　存的是**键**的头；`np.dtype(dtype).itemsize` 是一个数的字节数。字节数要算出来，不要真的造出数组：大模型的缓存，内存装不下。各个大小都是 Python 自己的整数，没有上限；`np.int32` 到二十一亿就满了。
#
# ## 9 延伸阅读
#
# * Kaplan 等，2020，“Scaling Laws for Neural Language Models”，2.1 节讲 $6N$。Hoffmann 等，2022，“Training Compute-Optimal Large Language Models”，第 3 节。
# * Hutter，2021，“Learning Curve Theory”，第 3 节：出现频率是幂律的事实。
# * Shazeer，2019，“Fast Transformer Decoding: One Write-Head is All You Need”，讲共用键。Dettmers 等，2022，“LLM.int8(): 8-bit Matrix Multiplication for Transformers at Scale”，第 2 节，也讲离群值。
# * Korthikanti 等，2022，“Reducing Activation Recomputation in Large Transformer Models”，第 4 节：激活值的字节数。
# * Strubell、Ganesh、McCallum，2019，“Energy and Policy Considerations for Deep Learning in NLP”。
# * 本项目：`minillm/models/costs/`、`minillm/labs/challenges/`；剖析你自己的模型：`python -m minillm profile --help`。
