"""A voice's neural network: run on one thread, stopped at once, its working memory given back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aura_nb.cancel import Cancel
from aura_nb.errors import ProviderError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Kokoro speaks ten sentences in 1.4 GB, which it would keep for ever; given back after each run, which costs
# about a tenth of the time, half a gigabyte is left.
# https://onnxruntime.ai/docs/get-started/with-c.html#features, "arena shrinkage"
_SHRINK = ("memory.enable_memory_arena_shrinkage", "cpu:0")


class Network:
    """An ONNX `model` of the speaker `provider`; several threads may run it."""

    def __init__(self, model: bytes, provider: str) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        # One thread: more are slower on shared cores, and samples depend on their number.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        self._provider = provider
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def run(self, feed: dict[str, Any], cancel: Cancel) -> NDArray[np.float32]:
        """The first output for the inputs `feed`.

        Raises `ProviderError` or, within an operator of the network, `JobCancelled`.
        """
        import onnxruntime

        options = onnxruntime.RunOptions()
        options.add_run_config_entry(*_SHRINK)

        def stop() -> None:
            options.terminate = True

        try:
            with cancel.stopping(stop):
                result: NDArray[np.float32] = self._session.run(None, feed, options)[0]
        except Exception as error:
            cancel.check()
            raise ProviderError(self._provider, f"onnxruntime failed: {error}") from error
        return result
