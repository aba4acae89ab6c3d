"""What is in a picture: who, where and how far, by small networks where they are here, by plain readers otherwise."""
