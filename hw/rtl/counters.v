// counters - what a host may ask about time: six numbers of 32 bits, wrapping
//
// Each input is counted in every cycle it is high, one cycle late; clear zeroes all, as late. data,
// a cycle after select, is byte select % 4 of number select / 4, in the order of opcode COUNTERS
// (hw/README.md, section 2): steps, cycles in steps, cycles streaming, waiting for a build, waiting
// for gates, bad frames.
// STEPS_W and FRAMES_W bits of the first and the last are kept, the rest of them reads as 0.

`default_nettype none

module counters #(
    parameter STEPS_W = 24,
    parameter FRAMES_W = 16
) (
    input  wire       clk,
    input  wire       rst,
    input  wire       clear,
    input  wire       step,
    input  wire       cycle,
    input  wire       streaming,
    input  wire       build_wait,
    input  wire       gate_wait,
    input  wire       bad_frame,
    input  wire [4:0] select,
    output reg  [7:0] data
);

    reg [5:0] events_q;
    reg clear_q;
    reg [STEPS_W-1:0] steps_q;
    reg [31:0] cycles_q;
    reg [31:0] streaming_q;
    reg [31:0] build_wait_q;
    reg [31:0] gate_wait_q;
    reg [FRAMES_W-1:0] bad_frames_q;

    wire [255:0] all = {
        64'd0,
        {32 - FRAMES_W{1'b0}}, bad_frames_q,
        gate_wait_q,
        build_wait_q,
        streaming_q,
        cycles_q,
        {32 - STEPS_W{1'b0}}, steps_q
    };

    always @(posedge clk) begin
        events_q <= {bad_frame, gate_wait, build_wait, streaming, cycle, step};
        clear_q <= rst || clear;
        data <= all[{select, 3'b000}+:8];
        if (events_q[0]) steps_q <= steps_q + 1'b1;
        if (events_q[1]) cycles_q <= cycles_q + 1'b1;
        if (events_q[2]) streaming_q <= streaming_q + 1'b1;
        if (events_q[3]) build_wait_q <= build_wait_q + 1'b1;
        if (events_q[4]) gate_wait_q <= gate_wait_q + 1'b1;
        if (events_q[5]) bad_frames_q <= bad_frames_q + 1'b1;
        if (clear_q) begin
            steps_q <= 0;
            cycles_q <= 0;
            streaming_q <= 0;
            build_wait_q <= 0;
            gate_wait_q <= 0;
            bad_frames_q <= 0;
        end
    end

endmodule

`default_nettype wire
