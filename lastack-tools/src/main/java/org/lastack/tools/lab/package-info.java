/// Short stories about TCP and UDP that run in virtual time: `lastack lab`.
@NullMarked
package org.lastack.tools.lab;

import org.jspecify.annotations.NullMarked;
