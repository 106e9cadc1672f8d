// counters - what a host may ask about time: six numbers of 32 bits, wrapping
//
// Each input is counted in every cycle it is high, one cycle late, bad_frame two; clear zeroes all, one late. The
// numbers form a ring of bytes. While read is high it turns, and data, two cycles late, is its first byte:
// those of number 0, least significant first, then of number 1, in the order of opcode COUNTERS
// (hw/README.md, section 2): steps, cycles in steps, cycles streaming, waiting for a build, waiting
// for gates, bad frames. position says which byte is read, 0..23 in this order and, without gaps; after
// the last all is where it was. Until then nothing is counted but one bad frame.
// STEPS_W and FRAMES_W bits of the first and the last are kept, the rest of them reads as 0.

`default_nettype none

module counters #(
    parameter STEPS_W = 24,    // whole bytes
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
    input  wire       read,
    input  wire [4:0] position,
    output reg  [7:0] data
);

    localparam RING_W = STEPS_W + 4 * 32 + FRAMES_W;

    reg  [5:0]        events_q;
    reg               clear_q;
    reg  [RING_W-1:0] ring_q;

    // Bytes of the first and the last number that are not in the ring.
    wire padding = position[4:2] == 3'd0 ? {30'd0, position[1:0]} >= STEPS_W / 8
                                         : position[4:2] == 3'd5 && {30'd0, position[1:0]} >= FRAMES_W / 8;
    reg  padding_q, turn_q;
    reg  frame_q;   // a bad frame is to be counted, when nothing is read

    // Each number is its own adder. What an adder gives while the ring turns is not used: the addend then only
    // serves to make sum and turn one LUT of each bit.
    wire [RING_W-1:0] others = {RING_W{turn_q}};
    wire [RING_W-1:0] sum;

    genvar i;
    generate
        for (i = 0; i < 6; i = i + 1) begin : g_number
            localparam FROM = i == 0 ? 0 : STEPS_W + 32 * (i - 1);
            localparam W = i == 0 ? STEPS_W : i == 5 ? FRAMES_W : 32;

            assign sum[FROM +: W] = ring_q[FROM +: W] + others[FROM +: W] + {{W - 1{1'b0}}, events_q[i]};
        end
    endgenerate

    always @(posedge clk) begin
        frame_q <= bad_frame || (frame_q && read);
        events_q <= {frame_q && !read, gate_wait, build_wait, streaming, cycle, step};
        clear_q <= rst || clear;
        padding_q <= padding;
        turn_q <= read && !padding;
        data <= padding_q ? 8'd0 : ring_q[7:0];
        ring_q <= turn_q ? {ring_q[7:0], ring_q[RING_W-1:8]} : sum;
        if (clear_q)
            ring_q <= {RING_W{1'b0}};
    end

endmodule

`default_nettype wire
