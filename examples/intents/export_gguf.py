#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a checkpoint of train.py as a GGUF version 3 file: export_gguf.py model.pt OUT.gguf f32|f16|q8_0|q5_0|q4_0

The norms stay F32. In q5_0 and q4_0 files the embedding, which is also the output matrix, is Q8_0. Block layouts and
the rounding are those of the GGUF formats: 32 weights a block with one f16 scale before them; Q8_0 d = amax / 127, the
others d = (the value of largest magnitude) / -16 or / -8."""
import struct
import sys

import numpy as np
import torch

U32, I32, F32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9  # value types of the metadata
ALIGNMENT = 32
# name -> (tensor type, general.file_type)
TYPES = {"f32": (0, 0), "f16": (1, 1), "q4_0": (2, 2), "q5_0": (6, 8), "q8_0": (8, 7)}

# The prompt is: BOS, the sentence, one line feed. Earlier turns mean nothing to the model and are left out.
CHAT_TEMPLATE = "{{ bos_token }}{{ messages[-1]['content'] | trim }}{{ '\\n' }}"


def string(text):
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def scalar(kind, value):
    if kind == STRING:
        return string(value)
    return struct.pack({U32: "<I", I32: "<i", F32: "<f", BOOL: "<?"}[kind], value)


def entry(key, kind, value):
    return string(key) + struct.pack("<I", kind) + scalar(kind, value)


def array(key, kind, values):
    return string(key) + struct.pack("<IIQ", ARRAY, kind, len(values)) + b"".join(scalar(kind, v) for v in values)


def inverse(d):
    return np.divide(1, d, out=np.zeros_like(d), where=d != 0)


def q8_0(x):
    blocks = x.reshape(-1, 32).astype(np.float32)
    d = (np.abs(blocks).max(1) / np.float32(127)).astype(np.float32)
    q = np.rint(blocks * inverse(d)[:, None]).astype(np.int8)
    out = np.zeros(len(blocks), dtype=[("d", "<f2"), ("q", "i1", 32)])
    out["d"], out["q"] = d, q
    return out.tobytes()


def small(x, bits):
    """Q4_0 or Q5_0: two quants a byte (i and i + 16), the fifth bits in one word before them."""
    half = 1 << (bits - 1)
    blocks = x.reshape(-1, 32).astype(np.float32)
    peak = np.take_along_axis(blocks, np.abs(blocks).argmax(1)[:, None], 1)[:, 0]
    d = (peak / np.float32(-half)).astype(np.float32)
    q = np.clip(np.floor(blocks * inverse(d)[:, None] + np.float32(half + 0.5)), 0, 2 * half - 1).astype(np.uint32)
    fields = [("d", "<f2")] + ([("h", "<u4")] if bits == 5 else []) + [("q", "u1", 16)]
    out = np.zeros(len(blocks), dtype=fields)
    out["d"], out["q"] = d, (q[:, :16] & 15) | ((q[:, 16:] & 15) << 4)
    if bits == 5:
        out["h"] = ((q >> 4) << np.arange(32, dtype=np.uint32)).sum(1, dtype=np.uint32)
    return out.tobytes()


ENCODE = {"f32": lambda x: x.astype("<f4").tobytes(), "f16": lambda x: x.astype("<f2").tobytes(), "q8_0": q8_0,
          "q5_0": lambda x: small(x, 5), "q4_0": lambda x: small(x, 4)}


def tensors_of(state):
    """(GGUF name, matrix) in the order of use; the checkpoint's names are GGUF's but for the layer prefix."""
    for name, value in state.items():
        if name.startswith("layers."):
            name = "blk." + name[len("layers."):]
        yield name, value.float().numpy()


def metadata(config, vocab, file_type, parameters):
    c = config
    head = c["n_embd"] // c["n_head"]
    return [
        entry("general.architecture", STRING, "llama"),
        entry("general.type", STRING, "model"),
        entry("general.name", STRING, "thimble intents"),
        entry("general.version", STRING, "1.0"),
        entry("general.size_label", STRING, "%.1fM" % (parameters / 1e6)),
        entry("general.license", STRING, "mit"),
        entry("general.description", STRING, "Turns an English sentence into a device command as JSON"),
        array("general.languages", STRING, ["en"]),
        entry("general.file_type", U32, file_type),
        entry("general.quantization_version", U32, 2),
        entry("llama.context_length", U32, c["n_ctx"]),
        entry("llama.embedding_length", U32, c["n_embd"]),
        entry("llama.block_count", U32, c["n_layer"]),
        entry("llama.feed_forward_length", U32, c["n_ff"]),
        entry("llama.attention.head_count", U32, c["n_head"]),
        entry("llama.attention.head_count_kv", U32, c["n_head_kv"]),
        entry("llama.attention.layer_norm_rms_epsilon", F32, c["eps"]),
        entry("llama.rope.dimension_count", U32, head),
        entry("llama.rope.freq_base", F32, c["rope_base"]),
        entry("llama.vocab_size", U32, c["n_vocab"]),
        entry("tokenizer.ggml.model", STRING, "llama"),
        entry("tokenizer.ggml.pre", STRING, "default"),
        array("tokenizer.ggml.tokens", STRING, [v[0] for v in vocab]),
        array("tokenizer.ggml.scores", F32, [v[1] for v in vocab]),
        array("tokenizer.ggml.token_type", I32, [v[2] for v in vocab]),
        entry("tokenizer.ggml.unknown_token_id", U32, 0),
        entry("tokenizer.ggml.bos_token_id", U32, 1),
        entry("tokenizer.ggml.eos_token_id", U32, 2),
        entry("tokenizer.ggml.add_bos_token", BOOL, True),
        entry("tokenizer.ggml.add_eos_token", BOOL, False),
        entry("tokenizer.ggml.add_space_prefix", BOOL, True),
        entry("tokenizer.chat_template", STRING, CHAT_TEMPLATE),
    ]


def padded(raw):
    return raw + bytes(-len(raw) % ALIGNMENT)


def main():
    source, target, kind = sys.argv[1:4]
    checkpoint = torch.load(source, map_location="cpu")
    parameters = sum(value.numel() for value in checkpoint["model"].values())
    kv = metadata(checkpoint["config"], checkpoint["vocab"], TYPES[kind][1], parameters)
    infos, data, count = b"", b"", 0
    for name, value in tensors_of(checkpoint["model"]):
        use = "f32" if value.ndim == 1 else "q8_0" if name == "token_embd.weight" and kind in ("q4_0", "q5_0") else kind
        infos += string(name) + struct.pack("<I", value.ndim) + struct.pack("<%dQ" % value.ndim, *reversed(value.shape))
        infos += struct.pack("<IQ", TYPES[use][0], len(data))
        data += padded(ENCODE[use](value))
        count += 1
    head = b"GGUF" + struct.pack("<IQQ", 3, count, len(kv)) + b"".join(kv) + infos
    with open(target, "wb") as f:
        f.write(padded(head) + data)
    print("%s: %d bytes" % (target, len(padded(head)) + len(data)))


if __name__ == "__main__":
    main()
