"""The telemetry ledger (物联感知数据台账): what every series says now, its history, curves and exports."""
