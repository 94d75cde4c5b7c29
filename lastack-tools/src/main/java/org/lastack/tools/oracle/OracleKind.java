package org.lastack.tools.oracle;

/// A kind of recorded table: knows how to bring our stack into the situation of a row and what to ask it then. Rows may depend on the rows
/// before them ("then ..."); they come in the file's order, and [#begin] says that a table starts.
public interface OracleKind {
    /// The word for the command line.
    String name();

    /// One line for the help text.
    String description();

    /// A new table begins: forget everything.
    default void begin() {}

    /// Replays a row in virtual time.
    ///
    /// @throws OracleException if the row cannot be understood
    OracleAnswer replay(OracleRow row);

    /// Whether two results mean the same; tables hold ports chosen at random and the like.
    default boolean same(OracleRow row, String column, String recorded, String ours) {
        return recorded.equals(ours);
    }
}
