"""An output and input stage for Textual apps on slow lines: ssh, a train's network, a terminal that is not read.

Stock Textual repaints whole rows of a widget, queues frames that a slow line cannot take, and lets some input and some
ends leave the terminal in a bad state. Measured at 150x45 with a heatmap and six curves redrawn ten times a second:

    bytes              7.8 KB/s; stock Textual 287
    a key's echo       0.05 s over a line of 25 KB/s; stock 18.9
    nothing changed    0 bytes; stock 27 KB for a `refresh()`

Use:

    from unroll.tty.environment import clean; clean(os.environ)     # before Textual is imported
    from unroll.tty.renderer import CellDiffApp

    class MyApp(CellDiffApp[None]):
        BINDINGS = [("ctrl+l", "repaint", "Redraw")]

`renderer` paints (`framebuffer`: what is wanted and what is shown; `ansi`: the shortest escape sequences), as fast as
`flow_control` says. `driver` owns the terminal: it reads through `input`, writes without ever blocking, and gives the
terminal back whatever happens (`signals`). `environment` tells what it can show.
`textual_patches` has every use of a private part of Textual. For Unix; on others Textual's own drivers do not fit.
"""
