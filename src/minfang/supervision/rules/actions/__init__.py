"""What changes rules and what the engine remembers; each act is one transaction and audited."""

from minfang.supervision.rules.actions.editing import (
    copy_rule,
    create_rule,
    drop_draft,
    new_draft,
    save_draft,
    switch,
)
from minfang.supervision.rules.actions.frequencies import drop_frequency, keep_frequency
from minfang.supervision.rules.actions.publishing import load_shipped, publish
from minfang.supervision.rules.actions.remembering import save_states
from minfang.supervision.rules.actions.trying import cancel_backtest, order_backtest

__all__ = [
    "cancel_backtest",
    "copy_rule",
    "create_rule",
    "drop_draft",
    "drop_frequency",
    "keep_frequency",
    "load_shipped",
    "new_draft",
    "order_backtest",
    "publish",
    "save_draft",
    "save_states",
    "switch",
]
