import BoardCompiler
import Foundation
import Testing

@Suite("The cause-and-effect matrix is drawn as fire engineers expect it")
struct MatrixChartTests {
    static func chart(_ text: String = Repository.text("boards/flat.yaml")) throws -> MatrixChart {
        MatrixChart(try #require(BoardCompiler().check(text).board))
    }

    /// The words of the row that begins with a cause.
    static func row(_ text: String, _ cause: String) -> [Substring] {
        let line = text.split(separator: "\n").first { $0.hasPrefix("  \(cause) ") } ?? ""
        return line.split(separator: " ", omittingEmptySubsequences: true)
    }

    @Test("Causes down, targets across, in the crossing how and by which effect")
    func crossings() throws {
        let text = try Self.chart().text()
        // Targets in the order in which effects name them: sounder, call_relay, cooker_relay, riser_valve.
        #expect(Self.row(text, "lounge_fire") == ["lounge_fire", "smoke", "T*a", "Sa", "Sa", "."])
        #expect(Self.row(text, "kitchen_leak").suffix(4) == ["P*b", "Sb", "Sb", "."])
        #expect(Self.row(text, "bathroom_leak") == ["bathroom_leak", "leak", ".", ".", ".", "Vc"])
        #expect(text.contains("  4  valve riser_valve\n"))
        #expect(text.contains("  f  wandering: only with all its causes, until reset, priority 90\n"))
        #expect(text.contains("  g  comfort: after 10 s, while its causes last, priority 10\n"))
        #expect(text.contains("  T*  temporal-three (ISO 8201), off when silenced\n"))
        #expect(!text.contains("  T  temporal-three"))
        #expect(Self.row(text, "walk test of lounge_fire").suffix(5) == ["smoke", "Sh", ".", ".", "."])
        #expect(text.contains("  h  walk_test: for 1 s at the most, while its causes last, priority 20\n"))
        #expect(!text.contains("released as in a fire"))
    }

    @Test("The HTML page has a row for each cause, escapes what it shows and loads nothing")
    func html() throws {
        let page = try Self.chart(
            Repository.text("boards/flat.yaml").replacing(
                "description: Flat 12 of the demonstration building", with: "description: \"<b>12 & more</b>\"")
        ).html()
        #expect(page.contains("&lt;b&gt;12 &amp; more&lt;/b&gt;"))
        #expect(page.components(separatedBy: "scope=\"row\"").count - 1 == 23)
        #expect(page.components(separatedBy: "scope=\"col\"").count - 1 == 4)
        #expect(!page.contains("http") && !page.contains("<script"))
    }

    @Test("Lifts, messages, door states, what is not so and effects that others follow from have their places")
    func everyKind() throws {
        let text = try Self.chart(Repository.text("boards/lift.yaml")).text()
        for line in [
            "  1  lift cabin\n", "  3  message “Please take the scooter out”\n", "  5  effect fire_recall\n",
            "  E  sent to its exit floor (EN 81-73)\n", "  H  held with open doors\n", "  A  announced\n",
            "  X  makes the effect active\n",
        ] {
            #expect(text.contains(line), "\(text)")
        }
        #expect(Self.row(text, "panel_fire").dropFirst(2) == ["Eb", ".", ".", "Ab", "Xb", ".", ".", "."])
        #expect(
            Self.row(text, "effect fire_recall").dropFirst(2) == ["effect", ".", ".", ".", ".", ".", "P*c", "Ac", "."])
        #expect(Self.row(text, "not at_exit_floor").suffix(9).first == "input")
        #expect(Self.row(text, "machine_room open").dropFirst(2) == ["door", "Hd", ".", ".", ".", ".", ".", ".", "Ad"])
    }

    @Test("What is ordered of a door stands in its column: released, locked from outside, held open")
    func doorOrders() throws {
        let chart = try Self.chart(Repository.text("boards/gatehouse.yaml"))
        let text = chart.text()
        for line in [
            "  1  door gate\n", "  R  released as in a fire\n", "  L  locked from outside\n", "  O  held open\n",
        ] {
            #expect(text.contains(line), "\(text)")
        }
        #expect(Self.row(text, "held_up").dropFirst(2) == ["La", "Sa", "."])
        #expect(Self.row(text, "delivery_key").dropFirst(2) == ["Ob", ".", "."])
        #expect(Self.row(text, "fire_panel").dropFirst(2) == ["Rc", ".", "."])
        let page = chart.html()
        #expect(page.contains("<td class=\"set\">L<small>a</small></td>"))
        #expect(page.contains("<dt>L</dt><dd>locked from outside</dd>"))
    }

    @Test("A board without effects says so")
    func empty() throws {
        let text = try Self.chart("board: bare\n").text()
        #expect(text.contains("The board has no effects."))
    }
}
