"""Reports on the gates of a stack, in several formats. Each renderer is a pure function of a ``Report``."""
