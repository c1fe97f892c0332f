"""A folder for each student, or a notebook named after each."""

from labkit.grading.layouts.layout import NOTEBOOK, Layout, Place, Tree, shown, stem


def layout(tree: Tree) -> Layout:
    """Returns the layout of everything that no LMS has named."""
    around = shown("/".join(tree.root))
    where = f", in {around} (if that is a student's folder, name the student in [roster])" if around else ""
    return Layout(f"a folder or a notebook for each student{where}", lambda path: place(tree.parts(path)))


def place(parts: tuple[str, ...]) -> Place | None:
    """Returns whose a file is: that of its first folder. A file beside the folders counts if it is a notebook."""
    if len(parts) > 1:
        return Place(parts[0], own=parts[1:])
    return Place(stem(parts[0])) if parts and NOTEBOOK.search(parts[0]) else None
