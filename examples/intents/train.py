#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains the intents model on sentences drawn without end from generate.py; the loss counts the answer only.

  python3 train.py --minutes 38 --out model.pt          (needs Debian's python3-torch and libopenblas0-pthread)

--workers processes (2) of one thread each draw their own sentences and average their gradients: on a busy machine that
is much faster than two threads that wait for each other in every operation. The learning rate rises over 200 steps,
stays, and falls to zero over the last --fall of the time. With --steps in place of --minutes the schedule goes by
steps. Where the CPU multiplies bfloat16 (AVX512_BF16) the matrix products use it, which is twice as fast; the weights
and the optimizer stay in float32. --resume continues a checkpoint."""
import argparse
import os
import random
import time

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
import torch.nn.functional as F

import generate
import tokenizer as tok
from model import CONFIG, Llama

HERE = os.path.dirname(os.path.abspath(__file__))


def read_tests(path):
    with open(path, encoding="utf-8") as f:
        return [line.rstrip("\n").split("\t") for line in f if line.strip() and not line.startswith("#")]


def key_of(text):
    return "".join(c for c in text.lower() if c.isalnum())


def orthogonal(m):
    """About the orthogonal factor of each matrix [n, rows, columns]: five steps of a Newton-Schulz iteration whose odd
    polynomial pulls all singular values towards one (Jordan et al., "Muon", 2024)."""
    tall = m.shape[1] > m.shape[2]
    x = m.transpose(1, 2) if tall else m
    x = x / (x.flatten(1).norm(dim=1)[:, None, None] + 1e-7)
    for _ in range(5):
        g = x @ x.transpose(1, 2)
        x = 3.4445 * x + (-4.7750 * g + 2.0315 * g @ g) @ x
    return x.transpose(1, 2) if tall else x


class Optimizer:
    """Muon for the matrices of the layers (orthogonal steps of the momentum), AdamW for the embedding and the norms."""

    def __init__(self, model, lr):
        self.lr, self.stacks = lr, {}
        for name, p in model.layers[0].named_parameters():
            if p.dim() == 2:
                self.stacks[name] = [dict(layer.named_parameters())[name] for layer in model.layers]
        self.momentum = {name: torch.zeros(len(ps), *ps[0].shape) for name, ps in self.stacks.items()}
        rest = [p for name, p in model.named_parameters() if p.dim() < 2 or "embd" in name]
        self.adam = torch.optim.AdamW(rest, lr=lr, betas=(0.9, 0.98), weight_decay=0.0)

    @torch.no_grad()
    def step(self, lr):
        self.lr = self.adam.param_groups[0]["lr"] = lr
        self.adam.step()
        for name, ps in self.stacks.items():
            grad, m = torch.stack([p.grad for p in ps]), self.momentum[name]
            m.lerp_(grad, 0.05)
            change = orthogonal(grad.lerp(m, 0.95)) * (2 * lr * 0.2 * max(m.shape[1:]) ** 0.5)
            for p, c in zip(ps, change):
                p.mul_(1 - 0.05 * lr).sub_(c)

    def state(self):
        return {"adam": self.adam.state_dict(), "momentum": self.momentum}

    def load(self, state):
        self.adam.load_state_dict(state["adam"])
        self.momentum = state["momentum"]


class Data:
    """Batches of sentences of about one length."""

    def __init__(self, tokenizer, seed, forbidden, per_batch):
        self.tokenizer, self.rng, self.forbidden, self.per_batch = tokenizer, random.Random(seed), forbidden, per_batch
        self.pool = []

    def sample(self):
        while True:
            text, answer = generate.make(self.rng)
            if key_of(text) in self.forbidden:
                continue
            prompt, reply = self.tokenizer.prompt(text), self.tokenizer.answer(answer)
            if len(prompt) + len(reply) <= 128:
                return prompt, reply

    def batch(self):
        if not self.pool:
            samples = sorted((self.sample() for _ in range(self.per_batch * 24)), key=lambda s: len(s[0]) + len(s[1]))
            self.pool = [samples[i:i + self.per_batch] for i in range(0, len(samples), self.per_batch)]
            self.rng.shuffle(self.pool)
        return collate(self.pool.pop())


def collate(samples):
    """ids [n, t], the positions whose next token counts, and those next tokens. The line feed that ends the prompt
    counts too, so that the model also goes on by itself where a sentence is given without it."""
    width = max(len(p) + len(r) for p, r in samples) - 1
    ids = torch.full((len(samples), width), tok.EOS)
    where, targets = [], []
    for row, (prompt, reply) in enumerate(samples):
        seq = prompt + reply
        ids[row, :len(seq) - 1] = torch.tensor(seq[:-1])
        where.extend(row * width + len(prompt) - 2 + i for i in range(len(reply) + 1))
        targets.extend(seq[len(prompt) - 1:])
    return ids, torch.tensor(where), torch.tensor(targets)


@torch.no_grad()
def exact_match(model, tokenizer, pairs):
    """Share of sentences whose greedy answer is right: every next token must be the expected one."""
    model.eval()
    samples = sorted(((tokenizer.prompt(t), tokenizer.answer(a), t) for t, a in pairs), key=lambda s: len(s[0] + s[1]))
    right = 0
    for i in range(0, len(samples), 50):
        part = samples[i:i + 50]
        ids, where, targets = collate([s[:2] for s in part])
        ok = model.logits(model(ids, where)).argmax(-1) == targets
        right += sum(bool(o.all()) for o in ok.split([len(s[1]) + 1 for s in part]))
    model.train()
    return right / len(samples)


def fast_bf16():
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
            return "avx512_bf16" in f.read()
    except OSError:
        return False


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--minutes", type=float, default=38)
    ap.add_argument("--steps", type=int, default=0, help="stop after so many steps instead of --minutes")
    ap.add_argument("--fall", type=float, default=0.75, help="share of the time over which the learning rate falls")
    ap.add_argument("--batch", type=int, default=64, help="sentences a step and worker")
    ap.add_argument("--bf16", type=int, default=int(fast_bf16()), help="matrix products in bfloat16 (0 or 1)")
    ap.add_argument("--lr", type=float, default=2.5e-3)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--workers", type=int, default=2)
    ap.add_argument("--out", default="model.pt")
    ap.add_argument("--resume")
    a = ap.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
    os.environ.setdefault("MASTER_PORT", str(29400 + os.getpid() % 1000))
    mp.spawn(work, (a,), a.workers)


def average_gradients(model, workers, clock):
    """The mean over the workers of the gradients and of their clocks (which set the learning rate)."""
    flat = torch.cat([p.grad.flatten() for p in model.parameters()] + [torch.tensor([clock])])
    dist.all_reduce(flat)
    at = 0
    for p in model.parameters():
        p.grad.copy_(flat[at:at + p.numel()].view_as(p) / workers)
        at += p.numel()
    return float(flat[-1]) / workers


def work(rank, a):
    torch.manual_seed(a.seed)
    torch.set_num_threads(1)
    dist.init_process_group("gloo", rank=rank, world_size=a.workers)
    test = read_tests(os.path.join(HERE, "test.tsv"))
    forbidden = {key_of(t) for t, _ in test + read_tests(os.path.join(HERE, "handwritten.tsv"))}
    start, state = 0, None
    if a.resume:
        state = torch.load(a.resume)
        vocab, start = state["vocab"], state["step"]
    else:
        rng = random.Random(a.seed)
        vocab = tok.train([generate.make(rng) for _ in range(30000)], CONFIG["n_vocab"])
    tokenizer = tok.Tokenizer(vocab)
    model = Llama()
    opt = Optimizer(model, a.lr)
    if state:
        model.load_state_dict(state["model"])
        opt.load(state["opt"])
    data = Data(tokenizer, (a.seed * 1000 + start) * 16 + rank, forbidden, a.batch)
    if rank == 0:
        n = sum(p.numel() for p in model.parameters())
        print("parameters %d, vocabulary %d, seed %d" % (n, len(vocab), a.seed), flush=True)
    began, step, mean, tokens = time.time(), start, 0.0, 0
    while True:
        done = (step - start) / a.steps if a.steps else (time.time() - began) / (a.minutes * 60)
        ids, where, targets = data.batch()
        with torch.autocast("cpu", torch.bfloat16, enabled=bool(a.bf16)):
            logits = model.logits(model(ids, where))
        loss = F.cross_entropy(logits.float(), targets)
        model.zero_grad()
        loss.backward()
        done = average_gradients(model, a.workers, done)
        if done >= 1:
            break
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        with torch.autocast("cpu", torch.bfloat16, enabled=bool(a.bf16)):
            opt.step(a.lr * min(1.0, (1 - done) / a.fall) * min(1.0, (step - start + 1) / (50 if start else 200)))
        step += 1
        tokens += ids.numel() * a.workers
        mean = loss.item() if step == start + 1 else mean * 0.98 + loss.item() * 0.02
        if rank == 0 and step % 500 == 0:
            score = exact_match(model, tokenizer, test)
            print("step %5d  %5.1f min  %5.1f M tokens  lr %.5f  loss %.4f  held-out exact %.3f" %
                  (step, (time.time() - began) / 60, tokens / 1e6, opt.lr, mean, score), flush=True)
            save(a.out, model, vocab, step, opt)
    if rank == 0:
        score, minutes = exact_match(model, tokenizer, test), (time.time() - began) / 60
        print("step %5d  %5.1f min  %5.1f M tokens  done  loss %.4f  held-out exact %.3f" %
              (step, minutes, tokens / 1e6, mean, score))
        save(a.out, model, vocab, step, opt)


def save(path, model, vocab, step, opt):
    torch.save({"model": model.state_dict(), "opt": opt.state(), "vocab": vocab, "config": model.config,
                "step": step}, path + ".tmp")
    os.replace(path + ".tmp", path)


if __name__ == "__main__":
    main()
