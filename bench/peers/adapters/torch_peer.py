"""`python3 adapters/torch_peer.py [THREADS]`: as child.mjs, for PyTorch: answers every workload id on stdin with one line of JSON."""
import json
import os
import sys
import time

THREADS = int(sys.argv[1]) if len(sys.argv) > 1 else 1
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(THREADS)

import torch
import torch.nn.functional as F
from torch import nn

WARM_UP, BUDGET, MOST, FEWEST = 0.15, 0.35, 2.5, 5
torch.set_num_threads(THREADS)
torch.manual_seed(0)
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "workloads.json")) as file:
    LIST = json.load(file)


class CannotDo(Exception):
    pass


def answer(line):
    sys.stdout.write("@" + json.dumps(line) + "\n")
    sys.stdout.flush()


def timed(run):
    start, runs = time.perf_counter(), 0
    while True:
        run()
        runs += 1
        elapsed = time.perf_counter() - start
        if not (elapsed < WARM_UP or (runs < 3 and elapsed < MOST)):
            break
    times, total = [], 0.0
    while total < MOST and (total < BUDGET or len(times) < FEWEST):
        before = time.perf_counter()
        run()
        times.append(time.perf_counter() - before)
        total += times[-1]
    times.sort()
    half = len(times) // 2
    median = times[half] if len(times) % 2 else (times[half - 1] + times[half]) / 2
    return {"medianMs": median * 1e3, "minMs": times[0] * 1e3, "samples": len(times)}


class Net(nn.Module):
    def __init__(self, nodes):
        super().__init__()
        self.nodes, self.made = nodes, nn.ModuleDict()
        for i, n in enumerate(nodes):
            if n["op"] == "conv":
                self.made[f"w{i}"] = nn.Conv2d(n["cin"], n["K"], n["R"], n["stride"], n["pad"], bias=n["bias"])
                if n["bn"]:
                    self.made[f"bn{i}"] = nn.BatchNorm2d(n["K"])
            elif n["op"] == "fc":
                self.made[f"w{i}"] = nn.Linear(n["cin"], n["K"])

    def one(self, i, n, inputs):
        x, op = inputs[0], n["op"]
        if op == "conv":
            y = self.made[f"w{i}"](x)
            return self.made[f"bn{i}"](y) if n["bn"] else y
        if op == "fc":
            return self.made[f"w{i}"](x.flatten(1))
        if op == "maxpool":
            return F.max_pool2d(x, n["R"], n["stride"], n["pad"], ceil_mode=n["ceil"])
        if op == "avgpool":
            return F.avg_pool2d(x, n["R"], n["stride"])
        if op == "concat":
            return torch.cat(inputs, 1)
        return {"tanh": torch.tanh, "gap": lambda t: t.mean((2, 3), keepdim=True), "add": lambda t: t + inputs[1]}[op](x)

    def forward(self, x):
        outputs = [x]
        for i, n in enumerate(self.nodes[1:], 1):
            y = self.one(i, n, [outputs[j] for j in n["in"]])
            outputs.append(F.relu(y) if n.get("relu") else y)
        return outputs[-1]


def network(w):
    nodes = LIST["nets"][w["net"]]
    net, first = Net(nodes), nodes[0]
    x = torch.randn(w["N"], first["C"], first["H"], first["W"])
    if w["kind"] == "infer":
        net.eval()
        return lambda: net(x), False
    labels = torch.arange(w["N"]) % nodes[-1]["K"]
    optimizer = torch.optim.SGD(net.parameters(), lr=w["lr"], momentum=w["momentum"])

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(net(x), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step, True


def convolution(w):
    x = torch.randn(w["N"], w["C"], w["H"], w["W"])
    k = torch.randn(w["K"], w["C"] // w["groups"], w["R"], w["S"])
    if w["kind"] == "conv":
        return lambda: F.conv2d(x, k, None, w["stride"], w["pad"], 1, w["groups"]), False
    dy = torch.randn(w["N"], w["K"], w["P"], w["Q"])
    mask = [w["kind"] == "conv_grad_input", w["kind"] == "conv_grad_weight", False]
    stride, pad = [w["stride"]] * 2, [w["pad"]] * 2
    return lambda: torch.ops.aten.convolution_backward(dy, x, k, None, stride, pad, [1, 1], False, [0, 0], w["groups"], mask), False


def prepare(w):
    kind = w["kind"]
    if kind == "gemm":
        a, b = torch.randn(w["M"], w["K"]), torch.randn(w["K"], w["N"])
        return lambda: torch.mm(a, b), False
    if kind in ("conv", "conv_grad_input", "conv_grad_weight"):
        return convolution(w)
    if kind == "maxpool":
        x = torch.randn(w["N"], w["C"], w["H"], w["W"])
        return lambda: F.max_pool2d(x, w["R"], w["stride"], w["pad"]), False
    if kind == "maxpool_fwd_bwd":
        x, dy = torch.randn(w["N"], w["C"], w["H"], w["W"], requires_grad=True), torch.randn(w["N"], w["C"], w["P"], w["Q"])
        return lambda: torch.autograd.grad(F.max_pool2d(x, w["R"], w["stride"], w["pad"]), x, dy), True
    if kind in ("infer", "train"):
        return network(w)
    raise CannotDo(f"no {kind}")


with open("/proc/self/maps") as maps:
    BLAS = "OpenBLAS" if "openblas" in maps.read() else "another BLAS"
answer({"version": f"PyTorch {torch.__version__}, {BLAS}"})
for line in sys.stdin:
    workload = next(one for one in LIST["workloads"] if one["id"] == line.strip())
    try:
        run, gradients = prepare(workload)
        with torch.set_grad_enabled(gradients):
            answer({"id": workload["id"], **timed(run)})
    except CannotDo as error:
        answer({"id": workload["id"], "cannot": str(error)})
    except Exception as error:
        answer({"id": workload["id"], "error": str(error).split("\n")[0]})
