from django.apps import AppConfig


class AlarmsConfig(AppConfig):
    name = "minfang.supervision.alarms"
    label = "alarms"

    def ready(self) -> None:
        """Make recurring work and platforms known."""
        from minfang.supervision.alarms import connectors, jobs  # noqa: F401
        from minfang.supervision.alarms.actions import answering  # noqa: F401
        from minfang.supervision.alarms.queries import judged, policies
        from minfang.supervision.rules import backtest, handling, pages

        backtest.register_verdicts(judged.judged)
        pages.register_figures(judged.figures)
        handling.register_ledger(handling.Ledger(policies.usual, policies.reach))
