"""Start the comparison with one thread each: libraries read these settings when imported, processes inherit them."""

import os

from benchmarks.record import pin_threads

if __name__ == "__main__":
    pin_threads()
    os.environ.update(RAYON_NUM_THREADS="1", TQDM_DISABLE="1")
    from benchmarks.allocation.command import main

    main()
