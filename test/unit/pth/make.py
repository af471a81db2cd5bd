"""Writes the .pth files beside it with a real PyTorch: python3 make.py"""
import collections, os, torch
from torch import nn

here = os.path.dirname(os.path.abspath(__file__))
save = lambda value, name, **options: torch.save(value, os.path.join(here, name), **options)
torch.manual_seed(1)
net = nn.Sequential(collections.OrderedDict(conv=nn.Conv2d(2, 3, 3), norm=nn.BatchNorm2d(3), flat=nn.Flatten(), out=nn.Linear(12, 4)))
net(torch.randn(5, 2, 4, 4))
save(net.state_dict(), 'net.pth')
save({'epoch': 3, 'state_dict': net.state_dict()}, 'nested.pth')
save(net.state_dict(), 'legacy.pth', _use_new_zipfile_serialization=False)
save(net, 'module.pth')
count = torch.arange(24, dtype=torch.float32)
save(collections.OrderedDict(
    half=count[:5].half() / 3, bfloat16=count[:5].bfloat16() / 3, double=count[:3].double(), byte=count[:3].byte(), bool=count[:3] > 1,
    transposed=count.reshape(4, 6).t(), last=count.reshape(2, 3, 2, 2).contiguous(memory_format=torch.channels_last), tail=count[20:],
    parameter=nn.Parameter(count[:2]), scalar=torch.tensor(7), none=torch.zeros(0, 3)), 'kinds.pth')
for name, tensor in net.state_dict().items():
    print(name, tensor.flatten()[:2].tolist())
