"""Start the comparison with one thread each and no progress bars: libraries read these settings when imported."""

import os

SETTINGS = {
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "TQDM_DISABLE": "1",
}

if __name__ == "__main__":
    os.environ.update(SETTINGS)
    from benchmarks.peers.command import main

    main()
