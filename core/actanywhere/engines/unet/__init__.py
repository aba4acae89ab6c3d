"""The method of the paper: a video U-Net that paints windows of latents."""
