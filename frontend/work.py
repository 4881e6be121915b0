"""Long work beside the page: it says how far it is, and ends when the reader stops it.

Work is a generator: it yields the share that is done with what comes next, and returns what it
made. To stop it is not to ask for the next part.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from threading import Thread
from typing import Any

import streamlit as st

from diagram import DiagramError
from frontend.notation import plain
from frontend.programs import Store
from frontend.results import Failure

Work = Generator[tuple[float, str], None, object]

SHORT = 0.3
"""Seconds that the page waits for work before it shows how far it is."""
PACE = 0.5
"""Seconds between two looks at work that runs."""


@dataclass
class Job:
    """Work in a thread of its own, for the thing `of`: the page reads what the thread writes."""

    of: Any
    share: float = 0.0
    said: str = ""
    result: Any = None
    fault: str = ""
    has_ended: bool = False
    is_stopped: bool = False

    def run(self, work: Work) -> None:
        """Takes part after part, to the end or until it is stopped."""
        try:
            while not self.is_stopped:
                self.share, self.said = next(work)
            work.close()
        except StopIteration as end:
            self.result = end.value
        except (DiagramError, Failure) as error:
            self.fault = str(error)
        except Exception as error:  # noqa: BLE001 the page says it, whatever it is
            self.fault = f"{type(error).__name__}: {error}"
        finally:
            self.has_ended = True

    def stop(self) -> None:
        """It ends after the part that runs."""
        self.is_stopped = True


def begin(store: Store, key: str, of: object, work: Work) -> None:
    """Starts work under this key; what ran there before is stopped."""
    _stop(store, key)
    job = store[key] = Job(of)
    thread = Thread(target=job.run, args=(work,), daemon=True)
    thread.start()
    thread.join(SHORT)


def is_about(store: Store, key: str, of: object) -> bool:
    """Whether the work under this key, running or done, is for this thing."""
    job = store.get(key)
    return isinstance(job, Job) and job.of == of


def outcome(store: Store, key: str, of: object) -> Any:
    """What came of the work for this thing; None while it runs, and after that says why."""
    job = store.get(key)
    if not isinstance(job, Job):
        return None
    if job.of != of:
        _stop(store, key)
        return None
    if not job.has_ended:
        st.fragment(_watch, run_every=PACE)(job, key)
    elif job.fault:
        st.error(plain(job.fault), icon=":material/error:")
    elif job.is_stopped and job.result is None:
        st.caption("Stopped.")
    return job.result


def _stop(store: Store, key: str) -> None:
    job = store.get(key)
    if isinstance(job, Job):
        job.stop()


def _watch(job: Job, key: str) -> None:
    """How far it is; once it has ended the page is drawn anew."""
    if job.has_ended:
        st.rerun()
    bar, button = st.columns([4, 1], vertical_alignment="center")
    bar.progress(min(1.0, job.share), plain(job.said))
    label = "Stopping …" if job.is_stopped else "Stop"
    button.button(label, key=f"{key}.stop", on_click=job.stop, disabled=job.is_stopped)
