"""unet_torch.py FOLDER MASK: one picture to its mask, as one does it with PyTorch. Measured from the start of the process."""
import sys
import numpy
import torch
import segmentation_models_pytorch as smp
from PIL import Image

folder, mask = sys.argv[1:]
net = smp.Unet("resnet34", encoder_weights=None, classes=1)
net.load_state_dict(torch.load(f"{folder}/unet.pth"))
net.eval()
x = torch.from_numpy(numpy.asarray(Image.open(f"{folder}/picture.jpg"), "float32")).permute(2, 0, 1) / 255
x = (x - torch.tensor([0.485, 0.456, 0.406])[:, None, None]) / torch.tensor([0.229, 0.224, 0.225])[:, None, None]
with torch.inference_mode():
    logits = net(x[None])
Image.fromarray(((logits[0, 0] > 0) * 255).to(torch.uint8).numpy()).save(mask)
