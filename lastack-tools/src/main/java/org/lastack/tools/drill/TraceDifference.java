package org.lastack.tools.drill;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiPredicate;

/// Two lists of lines against each other, as `diff -u` shows them.
final class TraceDifference {
    private TraceDifference() {}

    /// Lines of both with a blank in front, those of the left only with `-`, those of the right only with `+`.
    static List<String> sideBySide(List<String> left, List<String> right, BiPredicate<String, String> same) {
        int[][] common = new int[left.size() + 1][right.size() + 1];
        for (int i = left.size() - 1; i >= 0; i--) {
            for (int j = right.size() - 1; j >= 0; j--) {
                common[i][j] = same.test(left.get(i), right.get(j)) ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
            }
        }
        List<String> out = new ArrayList<>();
        int i = 0;
        int j = 0;
        while (i < left.size() || j < right.size()) {
            if (i < left.size() && j < right.size() && common[i][j] == common[i + 1][j + 1] + 1 && same.test(left.get(i), right.get(j))) {
                out.add("  " + left.get(i++));
                j++;
            } else if (i < left.size() && (j == right.size() || common[i + 1][j] >= common[i][j + 1])) {
                out.add("- " + left.get(i++));
            } else {
                out.add("+ " + right.get(j++));
            }
        }
        return out;
    }
}
