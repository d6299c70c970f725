# SPDX-License-Identifier: MIT
"""The llama architecture in PyTorch, as GGUF names its parts: RMS norms, rotary positions over neighbouring pairs,
grouped-query attention, SwiGLU, the embedding used again as the output matrix."""
import math

import torch
import torch.nn.functional as F
from torch import nn

CONFIG = {"n_vocab": 1280, "n_embd": 128, "n_layer": 6, "n_head": 4, "n_head_kv": 2, "n_ff": 384, "n_ctx": 256, "eps":
          1e-5, "rope_base": 10000.0}


class Norm(nn.Module):
    def __init__(self, n, eps):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(n)), eps

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight


def rotate(x, turn):
    """x [batch, tokens, heads, head_dim]: the pairs (2i, 2i+1) as complex numbers; turn [tokens, 1, head_dim / 2]."""
    return torch.view_as_real(torch.view_as_complex(x.float().unflatten(-1, (-1, 2))) * turn).flatten(-2)


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        n, head = c["n_embd"], c["n_embd"] // c["n_head"]
        self.n_head, self.n_kv, self.head = c["n_head"], c["n_head_kv"], head
        self.attn_norm, self.ffn_norm = Norm(n, c["eps"]), Norm(n, c["eps"])
        self.attn_q = nn.Linear(n, self.n_head * head, bias=False)
        self.attn_k = nn.Linear(n, self.n_kv * head, bias=False)
        self.attn_v = nn.Linear(n, self.n_kv * head, bias=False)
        self.attn_output = nn.Linear(self.n_head * head, n, bias=False)
        self.ffn_gate = nn.Linear(n, c["n_ff"], bias=False)
        self.ffn_up = nn.Linear(n, c["n_ff"], bias=False)
        self.ffn_down = nn.Linear(c["n_ff"], n, bias=False)

    def forward(self, x, turn, mask, where=None):
        """x [batch, tokens, n_embd]; the query heads that share a kv head lie behind each other as more tokens.
        With `where` the feed-forward part only runs, and only returns, those positions: [positions, n_embd]."""
        b, t, _ = x.shape
        group = self.n_head // self.n_kv
        h = self.attn_norm(x)
        q = rotate(self.attn_q(h).view(b, t, self.n_head, self.head), turn).transpose(1, 2).reshape(b, self.n_kv, group
                                                * t, self.head)
        k = rotate(self.attn_k(h).view(b, t, self.n_kv, self.head), turn).transpose(1, 2)
        v = self.attn_v(h).view(b, t, self.n_kv, self.head).transpose(1, 2)
        p = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(self.head) + mask, -1)
        x = x + self.attn_output((p @ v).view(b, self.n_head, t, self.head).transpose(1, 2).reshape(b, t, -1))
        if where is not None:
            x = x.flatten(0, 1)[where]
        h = self.ffn_norm(x)
        return x + self.ffn_down(F.silu(self.ffn_gate(h)) * self.ffn_up(h))


class Llama(nn.Module):
    def __init__(self, c=CONFIG):
        super().__init__()
        self.config = dict(c)
        self.token_embd = nn.Embedding(c["n_vocab"], c["n_embd"])
        self.layers = nn.ModuleList(Layer(c) for _ in range(c["n_layer"]))
        self.output_norm = Norm(c["n_embd"], c["eps"])
        head = c["n_embd"] // c["n_head"]
        angle = torch.arange(c["n_ctx"])[:, None] * c["rope_base"] ** (-torch.arange(0, head, 2) / head)[None]
        self.register_buffer("turn", torch.polar(torch.ones_like(angle), angle)[:, None], persistent=False)
        for name, p in self.named_parameters():
            if p.dim() == 2:
                std = 0.06 if "embd" in name else p.shape[1] ** -0.5
                if "attn_output" in name or "ffn_down" in name:
                    std /= math.sqrt(2 * c["n_layer"])
                nn.init.normal_(p, 0.0, std)

    def forward(self, ids, where=None):
        """ids [batch, tokens] -> hidden [batch, tokens, n_embd] after the last norm, or [positions, n_embd] at the
        flat positions `where`."""
        t = ids.shape[1]
        mask = torch.full((t, t), float("-inf")).triu(1).repeat(self.config["n_head"] // self.config["n_head_kv"], 1)
        x = self.token_embd(ids)
        for layer in self.layers:
            x = layer(x, self.turn[:t], mask, where if layer is self.layers[-1] else None)
        return self.output_norm(x)

    def logits(self, hidden):
        return hidden @ self.token_embd.weight.t()
