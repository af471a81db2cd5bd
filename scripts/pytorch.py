"""What scripts/pytorch.mjs asks of PyTorch: LeNet-5 reads our weights, says what it makes of them, and saves them as PyTorch does."""
import json, sys, warnings
warnings.filterwarnings('ignore')
try:
    import torch
except ImportError:
    sys.exit(3)
from torch import nn


def read_safetensors(path):
    try:
        from safetensors.torch import load_file
        return load_file(path)
    except ImportError:  # the format in five lines
        data = open(path, 'rb').read()
        start = 8 + int.from_bytes(data[:8], 'little')
        dtypes = {'F32': torch.float32, 'F16': torch.float16, 'I64': torch.int64}
        header = {name: entry for name, entry in json.loads(data[8:start]).items() if name != '__metadata__'}
        tensor = lambda e: torch.frombuffer(bytearray(data[start + e['data_offsets'][0]:start + e['data_offsets'][1]]), dtype=dtypes[e['dtype']]).reshape(e['shape'])
        return {name: tensor(entry) for name, entry in header.items()}


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.out = nn.Conv2d(1, 6, 5, stride=2), nn.BatchNorm2d(6), nn.Linear(6 * 14 * 14, 10)

    def forward(self, x):
        return self.out(torch.relu(self.norm(self.conv(x))).flatten(1))


ours, images, theirs, legacy = sys.argv[1:]
net = Net().eval()
state = read_safetensors(ours)
net.load_state_dict(state)
x = torch.frombuffer(bytearray(open(images, 'rb').read()), dtype=torch.float32).reshape(-1, 1, 32, 32)
with torch.no_grad():
    outputs = net(x)
torch.save(net.state_dict(), theirs)
torch.save(net.state_dict(), legacy, _use_new_zipfile_serialization=False)
print(json.dumps({'torch': torch.__version__, 'outputs': outputs.flatten().tolist(), 'dtypes': sorted({str(t.dtype) for t in state.values()})}))
