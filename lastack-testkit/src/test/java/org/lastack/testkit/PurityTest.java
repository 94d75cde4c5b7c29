package org.lastack.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeModel;
import java.lang.classfile.instruction.MonitorInstruction;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// wire and core are told everything: no clock, randomness, thread, lock, socket or log of their own, so that equal inputs give
/// equal outputs, bit for bit, and nothing that allocates behind the reader's back.
class PurityTest {
    private static final Repository REPOSITORY = Repository.find();

    /// The part of the JDK that wire and core may use: the language itself, collections, octets and character sets.
    private static final Pattern ALLOWED = Pattern.compile("java\\.lang\\.[A-Z]\\w*(\\$.*)?"
            + "|java\\.lang\\.(invoke|annotation|runtime)\\..*"
            + "|java\\.util\\.[A-Z]\\w*(\\$.*)?"
            + "|java\\.util\\.function\\..*"
            + "|java\\.nio\\.([A-Z]\\w*|charset\\..*)"
            + "|org\\.lastack\\.(wire|core)(\\..*)?"
            + "|org\\.jspecify\\..*");

    /// Taken out of the above: whatever waits, runs beside, looks at the outside world, or differs from run to run - and
    /// Optional, which boxes on the paths that must not allocate.
    private static final Pattern BANNED = Pattern.compile("java\\.lang\\.(Thread|ThreadLocal|InheritableThreadLocal|ThreadGroup|ScopedValue"
            + "|Process|ProcessBuilder|ProcessHandle|Runtime|StackWalker|System\\$Logger|System\\$LoggerFinder)(\\$.*)?"
            + "|java\\.util\\.(Random|SplittableRandom|UUID|Timer|TimerTask|Date|Calendar|Locale|Scanner|Properties|ServiceLoader|ResourceBundle"
            + "|Optional|OptionalInt|OptionalLong|OptionalDouble|WeakHashMap|Observable|Currency|TimeZone|Formatter)(\\$.*)?");

    /// The only methods of System that have no state behind them.
    private static final Set<String> PURE_SYSTEM_CALLS = Set.of("arraycopy", "identityHashCode", "lineSeparator");

    @TestFactory
    Stream<DynamicTest> wireAndCore() {
        return Stream.of("lastack-wire", "lastack-core").map(module -> dynamicTest(module, () -> assertThat(impurities(REPOSITORY.classes(module)))
                .isEmpty()));
    }

    private static List<String> impurities(Path classFiles) {
        JavaClasses classes = new ClassFileImporter().importPath(classFiles);
        assertThat(classes).as("run ./lastack test, which compiles all modules before").isNotEmpty();
        List<String> wrong = new ArrayList<>();
        for (JavaClass javaClass : classes) {
            dependencies(javaClass, wrong);
            calls(javaClass, wrong);
        }
        for (Path file : Repository.files(classFiles)) {
            if (file.toString().endsWith(".class")) {
                monitors(file, wrong);
            }
        }
        return wrong;
    }

    private static void dependencies(JavaClass javaClass, List<String> wrong) {
        javaClass.getDirectDependenciesFromSelf().forEach(dependency -> {
            JavaClass target = dependency.getTargetClass().getBaseComponentType();
            String name = target.getName();
            if (!target.isPrimitive() && (!ALLOWED.matcher(name).matches() || BANNED.matcher(name).matches())) {
                wrong.add(dependency.getDescription());
            }
        });
    }

    private static void calls(JavaClass javaClass, List<String> wrong) {
        javaClass.getAccessesFromSelf().forEach(access -> {
            String owner = access.getTargetOwner().getName();
            String member = access.getTarget().getName();
            boolean impure = owner.equals("java.lang.System") && !PURE_SYSTEM_CALLS.contains(member)
                    || owner.equals("java.lang.Math") && member.equals("random")
                    || owner.equals("java.util.Collections") && (member.equals("shuffle") || member.startsWith("synchronized"))
                    || Set.of("wait", "notify", "notifyAll").contains(member)
                    || member.equals("stream") && owner.startsWith("java.util.");
            if (impure) {
                wrong.add(access.getDescription());
            }
        });
        for (JavaCodeUnit unit : javaClass.getCodeUnits()) {
            if (unit.getModifiers().contains(JavaModifier.SYNCHRONIZED)) {
                wrong.add(unit.getFullName() + " is synchronized");
            }
        }
    }

    private static void monitors(Path file, List<String> wrong) {
        try {
            ClassModel model = ClassFile.of().parse(file);
            model.methods().forEach(method -> {
                if (method.code().stream().flatMap(CodeModel::elementStream).anyMatch(MonitorInstruction.class::isInstance)) {
                    wrong.add(model.thisClass().asInternalName() + "." + method.methodName() + " has a synchronized block");
                }
            });
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /// A rule that finds nothing may be a rule that cannot find anything: this class breaks each of them once.
    static final class Impure {
        long everything() throws InterruptedException {
            long sum = System.nanoTime() + new java.util.Random().nextInt() + Thread.currentThread().hashCode();
            sum += java.util.concurrent.ThreadLocalRandom.current().nextInt();
            synchronized (this) {
                this.wait(1);
            }
            return sum + List.of(1).stream().count() + java.util.Optional.of(1).hashCode() + locked();
        }

        synchronized int locked() {
            System.getLogger("x").log(System.Logger.Level.INFO, "x");
            return new java.net.Socket().hashCode();
        }
    }

    @Test
    void theRulesFindWhatTheyForbid() {
        Path own = REPOSITORY.root().resolve("lastack-testkit/target/test-classes/org/lastack/testkit/PurityTest$Impure.class");
        assertThat(String.join("\n", impurities(own)))
                .contains("nanoTime", "java.util.Random", "java.lang.Thread", "ThreadLocalRandom", "synchronized block", "is synchronized")
                .contains("wait(", "stream(", "java.util.Optional", "System$Logger", "java.net.Socket");
    }
}
