package org.lastack.interop;

import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// 200 connections against the kernel's TCP through a link that loses, reorders and duplicates.
class ImpairedInteropTest {
    @TestFactory
    List<DynamicTest> everyOctetArrivesOverABadLink() throws Exception {
        return Namespace.run(ImpairedScenario.class, 150);
    }
}
