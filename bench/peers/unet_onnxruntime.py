"""unet_onnxruntime.py FOLDER MASK: one picture to its mask, as one does it with ONNX Runtime. Measured from the start of the process."""
import sys
import numpy
import onnxruntime
from PIL import Image

folder, mask = sys.argv[1:]
x = numpy.asarray(Image.open(f"{folder}/picture.jpg"), "float32") / 255
x = (x - numpy.array([0.485, 0.456, 0.406], "float32")) / numpy.array([0.229, 0.224, 0.225], "float32")
session = onnxruntime.InferenceSession(f"{folder}/unet-512x1.onnx", providers=["CPUExecutionProvider"])
logits, = session.run(None, {"input": numpy.ascontiguousarray(x.transpose(2, 0, 1)[None])})
Image.fromarray(((logits[0, 0] > 0) * 255).astype("uint8")).save(mask)
