"""Getting a child process ready for the product's models; imports nothing of them before that."""


def prepare() -> None:
    """Load the settings and the fonts once a process."""
    import django

    django.setup()
    from minfang.kernel.documents import fonts

    fonts.font_set()
