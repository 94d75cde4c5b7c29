/// An evaluator for the code snippets of scripts: the part of Python 3 that assertions need, without Python, files, imports or loops.
@NullMarked
package org.lastack.drill.snippet;

import org.jspecify.annotations.NullMarked;
