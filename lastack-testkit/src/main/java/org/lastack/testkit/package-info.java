/// The rules of this repository that a machine checks: citations of requirements, and where to find sources and classes.
@NullMarked
package org.lastack.testkit;

import org.jspecify.annotations.NullMarked;
