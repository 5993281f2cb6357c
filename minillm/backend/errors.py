"""The two errors that are not already Python's."""


class CheckpointError(ValueError):
    """A checkpoint cannot be used: damaged, of another format, or not fitting the model."""


class DeviceError(RuntimeError):
    """The requested device is not available; the message says why and what to install."""
