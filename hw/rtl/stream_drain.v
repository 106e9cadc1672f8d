// stream_drain - shows the gates a tile of several streams as one tile after the other, a stream's each
//
// Stream s of a tile has `units` of its units (its rows, of an output layer), the last one that has any
// the rest of `total`. s_*: tiles as row_streamer announces them (tile_ends, then tile_ready); m_*: the
// parts of streams as gate_pipeline takes them, whose banks are two and alternate, the first after rst
// is bank 0. m_tile_ready comes with m_tile_ends, with the part's m_units. s_tile_release when the
// last part of a tile has been given back. busy: parts are still to be shown; units, total and
// what else the gates read of the layer's header must hold until then.
//
// m_word asks for a psum word of a part; s_word is that word, of the stream `stream`, which is said one
// cycle after one with drain_turn high, and holds for two.

`default_nettype none

module stream_drain #(
    parameter STREAMS = 8,      // at least 2
    parameter STREAM_W = 3
) (
    input  wire                clk,
    input  wire                rst,
    input  wire [7:0]          units,
    input  wire [15:0]         total,
    input  wire                s_tile_ends,
    input  wire                s_tile_ready,
    output wire                s_tile_release,
    output wire                busy,
    output wire                m_tile_ends,
    output wire                m_tile_ready,
    output wire [7:0]          m_units,
    input  wire                m_tile_release,
    input  wire                drain_turn,
    input  wire [7:0]          m_word,
    output wire [7:0]          s_word,
    output wire [STREAM_W-1:0] stream
);

    localparam LAST_STREAM = STREAMS - 1;

    // Tiles to be shown: those that have ended, and those of them whose sums are there.
    reg [1:0] ended_q;
    reg [1:0] ready_q;
    wire      shown;        // the tile's last part

    // The part to be shown next, and whether what is known of it has settled.
    reg                settled_q;
    reg [15:0]         left_q;      // of the tile, the part included
    reg [STREAM_W-1:0] stream_q;
    reg                bank_q;      // psum bank of the tile
    reg                last_q;
    reg [7:0]          units_q;

    // The gates' banks: of which stream and psum bank, and whether a tile ends with it.
    reg                to_q;        // bank of the part to be shown next
    reg                from_q;      // bank that is given back next
    reg [1:0]          taken_q;
    reg [STREAM_W+1:0] part_q [0:1];
    wire               show = settled_q && ready_q != 2'd0 && !taken_q[to_q];
    wire               ends_tile;
    wire               psum_bank;
    wire [STREAM_W-1:0] asked;
    reg [STREAM_W-1:0] asked_q;
    wire [STREAM_W-1:0] unused_stream;
    wire               unused_bank, unused_last;

    assign shown = show && last_q;
    assign busy = ended_q != 2'd0;
    assign m_tile_ends = show;
    assign m_tile_ready = show;
    assign m_units = units_q;
    assign {ends_tile, unused_bank, unused_stream} = part_q[from_q];
    assign s_tile_release = m_tile_release && ends_tile;
    assign {unused_last, psum_bank, asked} = part_q[m_word[7]];
    assign s_word = {psum_bank, m_word[6:0]};
    assign stream = asked_q;

    always @(posedge clk) begin
        ended_q <= ended_q + {1'b0, s_tile_ends} - {1'b0, shown};
        ready_q <= ready_q + {1'b0, s_tile_ready} - {1'b0, shown};
        settled_q <= busy && !show;
        last_q <= left_q <= {8'd0, units} || stream_q == LAST_STREAM[STREAM_W-1:0];
        units_q <= left_q < {8'd0, units} ? left_q[7:0] : units;
        if (!busy || shown) begin
            left_q <= total;
            stream_q <= {STREAM_W{1'b0}};
        end else if (show) begin
            left_q <= left_q - {8'd0, units};
            stream_q <= stream_q + 1'b1;
        end
        bank_q <= bank_q ^ shown;
        if (show) begin
            part_q[to_q] <= {last_q, bank_q, stream_q};
            taken_q[to_q] <= 1'b1;
            to_q <= !to_q;
        end
        if (m_tile_release) begin
            taken_q[from_q] <= 1'b0;
            from_q <= !from_q;
        end
        if (drain_turn)
            asked_q <= asked;
        if (rst) begin
            ended_q <= 2'd0;
            ready_q <= 2'd0;
            settled_q <= 1'b0;
            bank_q <= 1'b0;
            to_q <= 1'b0;
            from_q <= 1'b0;
            taken_q <= 2'd0;
        end
    end

    wire unused = &{1'b0, unused_stream, unused_bank, unused_last};

endmodule

`default_nettype wire
