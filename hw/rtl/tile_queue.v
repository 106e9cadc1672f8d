// tile_queue - tiles that have ended, by psum bank: which one the gate pipeline drains, and which comes next
//
// tile_ends takes what its layer's header says a cycle later: kind, units; and emit. tile_ready (later)
// announces that its bank may be read: the banks alternate, the first after rst is bank 0.
//
// Turns of two cycles, the second of which is marked by second. In the first, round_ends says that this
// turn's end is a round's (or that no pair is under way, none), tile_done that it is the last round of the
// tile of units being drained. In the second of a turn then, for one cycle: begin_units, a tile of units
// begins (of tile_kind; of the cell cell_kind unless none); or begin_rows, a tile of rows (tile_units of
// them) to send, which ends with rows_done. tile_kind and tile_units stay up to the next turn. bank is that of the
// tile being drained, sending: it is one of rows. tile_release: its bank has been read, or is one of rows
// that nobody wants.

`default_nettype none
`include "protocol.vh"

module tile_queue (
    input  wire       clk,
    input  wire       rst,
    input  wire       layer_start,
    input  wire       continues,
    input  wire       tile_ends,
    input  wire       emit,
    input  wire [2:0] kind,
    input  wire [7:0] units,
    input  wire       tile_ready,
    output wire       first_ended,  // the first tile of a layer of units has ended, unless it continues
    input  wire       second,
    input  wire       round_ends,
    input  wire       tile_done,
    input  wire       none,
    input  wire [2:0] cell_kind,
    input  wire       rows_done,
    output reg        begin_units,
    output reg        begin_rows,
    output reg  [2:0] tile_kind,
    output reg  [7:0] tile_units,
    output wire       bank,
    output wire       sending,
    output reg        tile_release,
    output wire       idle          // no tile is announced and not released
);

    // What tiles are of, by bank.
    reg [11:0] tile_q [0:1];    // emit, kind, units
    reg        ends_q;
    reg        ready_q;
    reg        ending_bank_q;
    reg        first_q;

    assign first_ended = ends_q && first_q;

    always @(posedge clk) begin
        ends_q <= tile_ends && !rst;
        ready_q <= tile_ready && !rst;
        if (ends_q) begin
            tile_q[ending_bank_q] <= {emit, kind, units};
            ending_bank_q <= !ending_bank_q;
        end
        if (layer_start)
            first_q <= !continues && kind != `KIND_OUTPUT;
        else if (ends_q)
            first_q <= 1'b0;
        if (rst)
            ending_bank_q <= 1'b0;
    end

    // Tiles waiting, and the one being drained.
    reg  [1:0] waiting_q;
    reg        arriving_bank_q;
    reg        bank_q;
    reg        draining_q;      // a tile has been begun and not released
    reg        sending_q;       // it is one of rows
    reg        skip, units_done;
    wire       release_bank = units_done || rows_done || skip;

    assign bank = bank_q;
    assign sending = sending_q;
    assign idle = waiting_q == 2'd0 && !ready_q;

    always @(posedge clk) begin
        tile_release <= release_bank && !rst;
        if (release_bank) begin
            draining_q <= 1'b0;
            waiting_q[bank_q] <= 1'b0;
            bank_q <= !bank_q;
        end
        if (begin_units || begin_rows)
            draining_q <= 1'b1;
        if (begin_units || begin_rows || release_bank)
            sending_q <= begin_rows;
        if (ready_q) begin
            waiting_q[arriving_bank_q] <= 1'b1;
            arriving_bank_q <= !arriving_bank_q;
        end
        if (rst) begin
            draining_q <= 1'b0;
            sending_q <= 1'b0;
            waiting_q <= 2'd0;
            bank_q <= 1'b0;
            arriving_bank_q <= 1'b0;
        end
    end

    // Which tile comes next: it begins at once where another ends.
    wire        front = bank_q ^ tile_done;
    reg  [1:0]  units_wait_q;   // by bank: units that may begin, as far as the cell is concerned
    reg  [1:0]  rows_wait_q;
    wire [11:0] tile = tile_q[front];
    wire        tile_emit = tile[11];
    wire        units_fit = round_ends && units_wait_q[front] && (!draining_q || tile_done);
    wire        rows_fit = rows_wait_q[front] && !draining_q && !tile_done;

    genvar b;
    generate
        for (b = 0; b < 2; b = b + 1) begin : g_bank
            wire [2:0] kind_there = tile_q[b][10:8];
            wire       is_output = kind_there == `KIND_OUTPUT;

            always @(posedge clk) begin
                units_wait_q[b] <= waiting_q[b] && !is_output && (none || cell_kind == kind_there) && !rst;
                rows_wait_q[b] <= waiting_q[b] && is_output && !rst;
            end
        end
    endgenerate

    always @(posedge clk) begin
        if (!second)
            {tile_kind, tile_units} <= tile[10:0];
        begin_units <= !second && units_fit && !rst;
        units_done <= !second && tile_done && !rst;
        begin_rows <= !second && rows_fit && tile_emit && !rst;
        skip <= !second && rows_fit && !tile_emit && !rst;
    end

endmodule

`default_nettype wire
