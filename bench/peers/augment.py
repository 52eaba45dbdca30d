"""Rate of augmentation on one thread, by its processor time, in turn with albumentations: hue-saturation-value + shift-scale-rotate + flips + quarter turn, each
with p 0.5, 512x512, picture and mask. usage: augment.py BUILD/tests/data_helper_augment [SIZE]; needs albumentations and opencv."""
import subprocess, sys, time, statistics
import numpy as np, cv2, albumentations as A

cv2.setNumThreads(0)
size = int(sys.argv[2]) if len(sys.argv) > 2 else 512
steps = {
    "all": ("hue-saturation-value,shift-scale-rotate,flip-h,flip-v,rotate90",
            lambda: [A.HueSaturationValue(p=.5), A.ShiftScaleRotate(p=.5, border_mode=cv2.BORDER_CONSTANT), A.HorizontalFlip(p=.5), A.VerticalFlip(p=.5), A.RandomRotate90(p=.5)]),
    "hue-saturation-value": ("hue-saturation-value(p=1)", lambda: [A.HueSaturationValue(p=1)]),
    "shift-scale-rotate": ("shift-scale-rotate(p=1)", lambda: [A.ShiftScaleRotate(p=1, border_mode=cv2.BORDER_CONSTANT)]),
    "flip-h": ("flip-h(p=1)", lambda: [A.HorizontalFlip(p=1)]),
    "rotate90": ("rotate90(p=1)", lambda: [A.RandomRotate90(p=1)]),
}
k = np.arange(size * size, dtype=np.uint32).reshape(size, size)
image = np.stack([(k * np.uint32(2654435761)) >> 24, k // size, k % size], axis=-1).astype(np.uint8)
mask = (image[..., 1] > 100).astype(np.uint8)
print(f"albumentations {A.__version__}, opencv {cv2.__version__}, numpy {np.__version__}, {size}x{size}")
for name, (ours, theirs) in steps.items():
    compose, mine, peer = A.Compose(theirs()), [], []
    for _ in range(5):
        mine.append(float(subprocess.run([sys.argv[1], ours, str(size), "200"], capture_output=True, text=True, check=True).stdout))
        t = time.thread_time()
        for _ in range(200):
            compose(image=image, mask=mask)
        peer.append(200 / (time.thread_time() - t))
    a, b = statistics.median(mine), statistics.median(peer)
    print(f"{name:24s} secant {a:8.0f}/s   albumentations {b:8.0f}/s   {a / b:5.2f} times")
