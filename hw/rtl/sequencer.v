// sequencer - walks a time step: for each layer its header, its rows, and the end of its gates
//
// step_start (one cycle, while !busy) begins at weight word 0. A layer's four header words are read
// from the weight stream; with the last, that of part H, layer_start (one cycle) sets block_walker
// and row_streamer going, and each row_valid moves the stream by a word. The next layer's header
// follows the last row. After the rows of the layer marked last step_done is high for one cycle and
// phase flips: at once if that is an output of what the step has written (is_final), since then all
// else is done; when the gates are done otherwise. input_free: no layer to come reads the network's
// input.

`default_nettype none

module sequencer #(
    parameter WEIGHT_W = 14
) (
    input  wire                clk,
    input  wire                rst,
    input  wire                step_start,
    output wire                busy,
    output reg                 step_done,
    input  wire                phase_write,
    input  wire                phase_wdata,
    output wire                phase,
    output wire                header_load,     // the word read before is header word header_index
    output wire [1:0]          header_index,
    input  wire                is_last,
    input  wire                is_final,
    output wire                layer_start,
    input  wire                row_valid,
    input  wire                finished,
    input  wire                gates_done,
    output wire                waits_for_gates,
    output wire                input_free,
    output wire [WEIGHT_W-1:0] weight_address
);

    localparam IDLE = 2'd0;
    localparam READ_HEADER = 2'd1;
    localparam RUN_LAYER = 2'd2;    // and, after the last, the end of the gates

    reg [1:0]          state_q;
    reg [2:0]          count_q;     // header words asked for
    reg [WEIGHT_W-1:0] weight_q;
    reg                phase_q;
    wire               asking = state_q == READ_HEADER && !count_q[2];
    reg                done_q;      // the gates are done
    reg                start_q;
    wire               layer_done = state_q == RUN_LAYER && finished && (done_q || is_final || !is_last);

    assign busy = state_q != IDLE;
    assign phase = phase_q;
    assign header_load = state_q == READ_HEADER && count_q != 3'd0;
    assign header_index = count_q[1:0] - 2'd1;
    assign layer_start = start_q;
    assign waits_for_gates = state_q == RUN_LAYER && finished && is_last && !is_final;
    assign input_free = !busy || (state_q == RUN_LAYER && is_last && is_final);
    assign weight_address = weight_q;

    always @(posedge clk) begin
        case (state_q)
            IDLE:
                if (step_start)
                    state_q <= READ_HEADER;
            READ_HEADER:
                if (count_q[2])
                    state_q <= RUN_LAYER;
            RUN_LAYER:
                if (layer_done)
                    state_q <= is_last ? IDLE : READ_HEADER;
            default:
                state_q <= IDLE;
        endcase
        count_q <= asking ? count_q + 3'd1 : 3'd0;
        start_q <= asking && count_q[1:0] == 2'd3 && !rst;  // count_q[2], in READ_HEADER
        if (state_q == IDLE)
            weight_q <= {WEIGHT_W{1'b0}};
        else if (asking || row_valid)
            weight_q <= weight_q + 1'b1;
        done_q <= state_q == RUN_LAYER && finished && gates_done;
        step_done <= layer_done && is_last;
        if (phase_write)
            phase_q <= phase_wdata;
        else if (layer_done && is_last)
            phase_q <= !phase_q;
        if (rst) begin
            state_q <= IDLE;
            step_done <= 1'b0;
            phase_q <= 1'b0;
        end
    end

endmodule

`default_nettype wire
