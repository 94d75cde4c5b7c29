package org.lastack.testkit;

import com.sun.source.tree.BinaryTree;
import com.sun.source.tree.CaseTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ConstantCaseLabelTree;
import com.sun.source.tree.DefaultCaseLabelTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ParenthesizedTree;
import com.sun.source.tree.SwitchExpressionTree;
import com.sun.source.tree.SwitchTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.tools.JavaCompiler;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/// Rules over parsed sources: what bytecode no longer shows. The compiler's own parser reads them, so comments, strings and line
/// breaks fool nobody.
final class SourceRules extends TreeScanner<Void, Void> {
    /// Constants of TcpState that no other enum of ours has; one of them among the labels tells a switch over the TCP state.
    private static final Set<String> TCP_STATES = Set.of(
            "SYN_SENT", "SYN_RECEIVED", "SYN_RCVD", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT1", "FIN_WAIT_2", "FIN_WAIT2", "CLOSE_WAIT",
            "CLOSING", "LAST_ACK", "TIME_WAIT");

    /// Names that hold sequence numbers, as RFC 9293 names them: fields (`snd.una`), accessors (`seg.seq()`), and the two run
    /// together (`sndUna`).
    private static final Set<String> SEQUENCE_NUMBERS = Set.of(
            "una", "nxt", "wl1", "wl2", "iss", "irs", "up", "seq", "ack", "sndUna", "sndNxt", "sndWl1", "sndWl2", "sndUp", "rcvNxt", "rcvUp",
            "segSeq", "segAck", "recover", "highRxt", "highData");

    private static final Set<Tree.Kind> ORDERINGS =
            Set.of(Tree.Kind.LESS_THAN, Tree.Kind.LESS_THAN_EQUAL, Tree.Kind.GREATER_THAN, Tree.Kind.GREATER_THAN_EQUAL);

    private final CompilationUnitTree unit;
    private final Trees trees;
    private final String path;
    private final boolean sequenceNumbersAreHere;
    private final boolean isTest;
    private final List<String> problems = new ArrayList<>();

    private SourceRules(CompilationUnitTree unit, Trees trees, String path) {
        this.unit = unit;
        this.trees = trees;
        this.path = path;
        this.isTest = path.contains("/src/test/");
        // The class that knows about wrap is the one place that may look at the raw difference.
        this.sequenceNumbersAreHere = path.contains("/src/main/") && path.contains("/core/tcp/") && !path.matches(".*/Seq\\w*\\.java");
    }

    /// What is wrong in one source file.
    ///
    /// @param path where it lies, relative to the repository; some rules hold only in some places
    static List<String> check(String path, String source) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        SimpleJavaFileObject file = new SimpleJavaFileObject(URI.create("string:///" + path), javax.tools.JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return source;
            }
        };
        try {
            JavacTask task = (JavacTask) compiler.getTask(null, null, diagnostic -> {}, List.of("-proc:none"), null, List.of(file));
            List<String> problems = new ArrayList<>();
            for (CompilationUnitTree unit : task.parse()) {
                SourceRules rules = new SourceRules(unit, Trees.instance(task), path);
                rules.scan(unit, null);
                problems.addAll(rules.problems);
            }
            return problems;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void report(Tree tree, String what) {
        long line = unit.getLineMap().getLineNumber(trees.getSourcePositions().getStartPosition(unit, tree));
        problems.add(path + ":" + line + ": " + what);
    }

    @Override
    public Void visitSwitch(SwitchTree tree, Void unused) {
        checkCases(tree, tree.getCases());
        return super.visitSwitch(tree, unused);
    }

    @Override
    public Void visitSwitchExpression(SwitchExpressionTree tree, Void unused) {
        checkCases(tree, tree.getCases());
        return super.visitSwitchExpression(tree, unused);
    }

    private void checkCases(Tree where, List<? extends CaseTree> cases) {
        boolean overTcpState = false;
        boolean hasDefault = false;
        for (CaseTree one : cases) {
            for (var label : one.getLabels()) {
                hasDefault |= label instanceof DefaultCaseLabelTree;
                overTcpState |= label instanceof ConstantCaseLabelTree constant
                        && TCP_STATES.contains(simpleName(constant.getConstantExpression()));
            }
        }
        if (overTcpState && hasDefault) {
            report(where, "switch over TcpState has a default: name all eleven states, so that a forgotten one does not compile");
        }
    }

    @Override
    public Void visitBinary(BinaryTree tree, Void unused) {
        if (sequenceNumbersAreHere
                && ORDERINGS.contains(tree.getKind())
                && (SEQUENCE_NUMBERS.contains(simpleName(tree.getLeftOperand())) || SEQUENCE_NUMBERS.contains(simpleName(tree.getRightOperand())))) {
            report(tree, "raw comparison of sequence numbers, wrong after the wrap: " + tree);
        }
        return super.visitBinary(tree, unused);
    }

    @Override
    public Void visitMethodInvocation(MethodInvocationTree tree, Void unused) {
        String called = tree.getMethodSelect().toString();
        if (isTest && (called.equals("Thread.sleep") || called.matches("(TimeUnit\\.)?[A-Z]+SECONDS\\.sleep|.*parkNanos"))) {
            report(tree, "a test sleeps: wait for the event itself, or move virtual time");
        }
        return super.visitMethodInvocation(tree, unused);
    }

    @Override
    public Void visitMethod(MethodTree tree, Void unused) {
        // 120 lines is far above what we write; it stops the one function that swallows a state machine.
        if (tree.getBody() != null && lines(tree) > 120) {
            report(tree, "method " + tree.getName() + " has " + lines(tree) + " lines; name its steps");
        }
        return super.visitMethod(tree, unused);
    }

    @Override
    public Void visitClass(ClassTree tree, Void unused) {
        if (path.contains("/src/main/") && lines(unit) > 750) {
            report(tree, "the file has " + lines(unit) + " lines; would a reader find a room in it?");
            return null;
        }
        return super.visitClass(tree, unused);
    }

    private long lines(Tree tree) {
        var positions = trees.getSourcePositions();
        return unit.getLineMap().getLineNumber(positions.getEndPosition(unit, tree))
                - unit.getLineMap().getLineNumber(positions.getStartPosition(unit, tree))
                + 1;
    }

    /// The last name of `a.b.c`, `c` or `a.c()`; empty for anything else, in particular for a difference, which is how wrapping
    /// numbers are compared.
    private static String simpleName(ExpressionTree tree) {
        return switch (tree) {
            case IdentifierTree identifier -> identifier.getName().toString();
            case MemberSelectTree select -> select.getIdentifier().toString();
            case MethodInvocationTree call when call.getArguments().isEmpty() -> simpleName(call.getMethodSelect());
            case ParenthesizedTree parenthesized -> simpleName(parenthesized.getExpression());
            default -> "";
        };
    }
}
