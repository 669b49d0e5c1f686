"""What a run leaves on disk, sealed: written whole, read again, repeated."""

from backtest.output.documents import summary_document
from backtest.output.manifest_format import Request
from backtest.output.provenance import manifest
from backtest.output.saved import SavedRun, open_run
from backtest.output.write import write_run

__all__ = ["Request", "SavedRun", "manifest", "open_run", "summary_document", "write_run"]
