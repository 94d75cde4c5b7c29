package org.lastack.testkit;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Who may import whom. The arrows of ARCHITECTURE.md, as a test over compiled classes.
class ModulesTest {
    private static final Repository REPOSITORY = Repository.find();

    /// Each published module and what it may see, all arrows followed. A module that is not here fails the test: whoever adds
    /// one decides, here and in ARCHITECTURE.md, what it stands on.
    private static final Map<String, Set<String>> MAY_SEE = Map.ofEntries(
            Map.entry("wire", Set.of()),
            Map.entry("core", Set.of("wire")),
            Map.entry("link", Set.of("wire")),
            Map.entry("link-linux", Set.of("wire", "link")),
            Map.entry("host", Set.of("wire", "link", "core")),
            Map.entry("bsd", Set.of("wire", "link", "core", "host")),
            Map.entry("net", Set.of("wire", "link", "core", "host")),
            Map.entry("net-global", Set.of("wire", "link", "core", "host", "net")),
            Map.entry("sim", Set.of("wire", "link", "core", "host")),
            Map.entry("agent", Set.of()),
            Map.entry("junit", Set.of("wire", "link", "core", "host", "net", "sim")),
            Map.entry("drill", Set.of("wire", "link", "core", "host", "bsd", "sim")),
            Map.entry("tools", Set.of("wire", "link", "link-linux", "core", "host", "bsd", "net", "sim", "drill")));

    /// Modules that stand on everything and are stood on by nothing.
    private static final Set<String> UNPUBLISHED = Set.of("testkit", "bench", "interop", "fuzz", "javalibs");

    /// What third-party code a module may use at run time. Everything else stands on the JDK alone.
    private static final Map<String, List<String>> THIRD_PARTY =
            Map.of("tools", List.of("picocli.", "com.fasterxml.jackson."), "junit", List.of("org.junit.", "org.opentest4j.", "org.apiguardian."));

    private static final Map<String, JavaClasses> CLASSES = new HashMap<>();
    private static final Map<String, String> MODULE_OF = new HashMap<>();

    @BeforeAll
    static void readClasses() {
        for (String module : published()) {
            JavaClasses classes = new ClassFileImporter().importPath(REPOSITORY.classes("lastack-" + module));
            CLASSES.put(module, classes);
            classes.forEach(c -> MODULE_OF.put(c.getName(), module));
        }
    }

    private static List<String> published() {
        return REPOSITORY.modules().stream()
                .map(name -> name.replaceFirst("^lastack-", ""))
                .filter(name -> !UNPUBLISHED.contains(name))
                .toList();
    }

    @Test
    void everyModuleIsKnownHereAndCompiled() {
        assertThat(MAY_SEE.keySet()).as("add the new module to ModulesTest and ARCHITECTURE.md").containsAll(published());
        for (String module : published()) {
            Path classes = REPOSITORY.classes("lastack-" + module);
            assertThat(classes.resolve("module-info.class")).as("run ./lastack test, which compiles all modules before").exists();
            assertThat(CLASSES.get(module)).as("classes of %s; a module is created when it has something in it", module).isNotEmpty();
        }
    }

    @Test
    void aModuleSeesOnlyWhatStandsBelowIt() {
        List<String> wrong = new ArrayList<>();
        CLASSES.forEach((module, classes) -> classes.forEach(from -> from.getDirectDependenciesFromSelf().forEach(dependency -> {
            String target = MODULE_OF.get(outermost(dependency));
            if (target != null && !target.equals(module) && !MAY_SEE.get(module).contains(target)) {
                wrong.add(module + " must not see " + target + ": " + dependency.getDescription());
            }
        })));
        assertThat(wrong).isEmpty();
    }

    private static String outermost(Dependency dependency) {
        return dependency.getTargetClass().getBaseComponentType().getName();
    }

    /// The table above is only an order if nothing stands on itself.
    @Test
    void theArrowsPointOneWay() {
        MAY_SEE.forEach((module, below) -> below.forEach(other -> {
            assertThat(MAY_SEE.get(other)).as("%s sees %s", module, other).doesNotContain(module);
            assertThat(MAY_SEE.get(module)).as("%s sees %s and what that sees", module, other).containsAll(MAY_SEE.get(other));
        }));
        assertThat(MAY_SEE.get("core")).doesNotContain("link");
        assertThat(MAY_SEE.get("link")).doesNotContain("core");
    }

    @Test
    void packagesAreNamedAfterTheirModule() {
        CLASSES.forEach((module, classes) -> {
            String prefix = "org.lastack." + module.replace('-', '.');
            assertThat(classes.stream().map(JavaClass::getPackageName).collect(Collectors.toSet()))
                    .allMatch(name -> name.equals(prefix) || name.startsWith(prefix + "."));
        });
    }

    @Test
    void publishedModulesStandOnTheJdkAlone() {
        List<String> wrong = new ArrayList<>();
        CLASSES.forEach((module, classes) -> classes.forEach(from -> from.getDirectDependenciesFromSelf().forEach(dependency -> {
            JavaClass target = dependency.getTargetClass().getBaseComponentType();
            String name = target.getName();
            boolean ours = target.isPrimitive() || name.matches("(java|javax|jdk|com\\.sun|org\\.lastack|org\\.jspecify)\\..*");
            if (!ours && THIRD_PARTY.getOrDefault(module, List.of()).stream().noneMatch(name::startsWith)) {
                wrong.add(module + ": " + dependency.getDescription());
            }
        })));
        assertThat(wrong).isEmpty();
    }

    /// Native access is granted to one module on the command line, so one module must hold all of it.
    @Test
    void onlyLinkLinuxCallsNativeCode() {
        CLASSES.forEach((module, classes) -> {
            if (!module.equals("link-linux")) {
                noClasses()
                        .should()
                        .dependOnClassesThat(describe("belong to the foreign function linker", c -> c.getName()
                                .matches("java\\.lang\\.foreign\\.(Linker|SymbolLookup|FunctionDescriptor)(\\$.*)?")))
                        .allowEmptyShould(true)
                        .check(classes);
            }
        });
    }

    /// The flag and the dependency come and go together: without the flag the JVM warns, without the module it warns as well.
    @Test
    void theLauncherGrantsNativeAccessToThatModule() {
        String command = Repository.read(REPOSITORY.root().resolve("lastack-tools/src/main/java/module-info.java"));
        String flags = Repository.read(REPOSITORY.root().resolve("lastack-tools/src/main/launch/jvm.options"));
        assertThat(flags.contains("\n--enable-native-access=org.lastack.link.linux\n"))
                .as("--enable-native-access in jvm.options, and lastack-tools requires org.lastack.link.linux")
                .isEqualTo(command.contains("org.lastack.link.linux"));
    }

    /// lastack-net must not take over every channel of a JVM just by lying on its class path; net-global exists for that.
    @Test
    void onlyNetGlobalRegistersASelectorProvider() {
        for (String module : published()) {
            if (!module.equals("net-global")) {
                assertThat(Files.exists(REPOSITORY
                                .classes("lastack-" + module)
                                .resolve("META-INF/services/java.nio.channels.spi.SelectorProvider")))
                        .as(module)
                        .isFalse();
            }
        }
    }
}
