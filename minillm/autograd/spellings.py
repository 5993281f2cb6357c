"""What is written otherwise in PyTorch or NumPy: the words for an error that shows the spelling."""

from __future__ import annotations

# what a tensor is asked for, and what to write instead
ATTRIBUTES = {
    "view": "t.reshape(shape)",
    "flatten": "t.reshape(-1)",
    "ravel": "t.reshape(-1)",
    "permute": "t.transpose(axes)",
    "t": "t.T",
    "mT": "ops.swapaxes(t, axis1=-1, axis2=-2)",
    "swapaxes": "ops.swapaxes(t, axis1=-1, axis2=-2)",
    "unsqueeze": "ops.expand_dims(t, axis=axis)",
    "squeeze": "ops.squeeze(t, axis=axis)",
    "expand": "ops.broadcast_to(t, shape=shape)",
    "gather": "ops.take_along_axis(t, ...)",
    "add": "t + other",
    "sub": "t - other",
    "mul": "t * other",
    "div": "t / other",
    "square": "t * t",
    "norm": "(t * t).sum().sqrt()",
    "reciprocal": "1.0 / t",
    "pow": "t ** number",
    "mm": "t @ other",
    "bmm": "t @ other",
    "dot": "t @ other",
    "matmul": "t @ other",
    "clamp": "ops.clip(t, low=low, high=high)",
    "amax": "t.max(axis)",
    "amin": "t.min(axis)",
    "dim": "t.ndim",
    "numel": "t.size",
    "nelement": "t.size",
    "type": "t.astype(np.float32)",
    "float": "t.astype(np.float32)",
    "double": "t.astype(np.float64)",
    "half": "t.astype(np.float16)",
    "long": "t.data.astype(np.int64), an array",
    "int": "t.data.astype(np.int64), an array",
    "bool": "t.data.astype(bool), an array",
    "to": "to_device(t.data, device) for its array, model.to_device(device) for a model",
    "cuda": "to_device(t.data, 'cuda') for its array, model.to_device('cuda') for a model",
    "cpu": "to_device(t.data, 'cpu') for its array, model.to_device('cpu') for a model",
    "device": "array_module(t.data), the library that its array belongs to",
    "clone": "t.detach() for a constant copy, t * 1.0 for one that gradients flow through",
    "copy": "t.detach() for a constant copy, t * 1.0 for one that gradients flow through",
    "requires_grad_": "t.requires_grad = True",
    "zero_grad": "t.grad = None",
    "grad_fn": "t.node",
    "retain_grad": "gradients_of(loss, [t])",
    "tolist": "t.data.tolist()",
    "all": "(t == other).all(): comparisons give arrays",
    "any": "(t == other).any(): comparisons give arrays",
    "argsort": "t.data.argsort()",
    "sort": "t.data.argsort() and t[index]",
}
# methods elsewhere, functions of tensors here; their first operand is the tensor
FUNCTION_NAMES = """clip cos cumsum erf expand_dims flip gelu log_softmax logsumexp masked_fill
maximum minimum pad prod relu rsqrt sigmoid silu sin softmax softplus split take take_along_axis
where"""
FUNCTIONS = frozenset(FUNCTION_NAMES.split())

# functions of NumPy that `ops` has under another name
NUMPY = {
    "true_divide": "divide",
    "amax": "max",
    "amin": "min",
    "permute_dims": "transpose",
    "concat": "concatenate",
}
SAME_NAMES = """absolute add broadcast_to clip concatenate cos cumsum divide exp expand_dims
flip log matmul max maximum mean min minimum multiply negative pad power prod reshape sin split sqrt
squeeze stack std subtract sum swapaxes take take_along_axis tanh transpose var where"""
LIST, PAIR = ("[t, u]", "[t.data, u.data]"), ("t, u", "t.data, u.data")
# what stands in the brackets of a function of several tensors: for tensors, for arrays
CALLS = {
    **dict.fromkeys(["concatenate", "concat", "stack"], LIST),
    **dict.fromkeys(["maximum", "minimum"], PAIR),
    "where": ("t, u, condition=condition", "condition, t.data, u.data"),
}
SAME_IN_NUMPY = frozenset(SAME_NAMES.split())


def no_attribute(kind: str, name: str) -> str:
    """Why ``t.name`` fails, with the spelling where there is one."""
    spelling = f"ops.{name}(t, ...)" if name in FUNCTIONS else ATTRIBUTES.get(name)
    return f"{kind} has no attribute {name!r}" + (f"; write {spelling}" if spelling else "")


def no_numpy_function(name: str) -> str:
    """Why ``np.name(t)`` fails, with the spelling."""
    ours = NUMPY.get(name, name if name in SAME_IN_NUMPY else None)
    arguments, arrays = CALLS.get(name, ("t", "t.data"))
    function = f"ops.{ours}({arguments}), or " if ours else ""
    return f"np.{name} was given a Tensor; write {function}np.{name}({arrays}) for the values alone"
