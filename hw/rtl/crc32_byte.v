// crc32_byte - one byte of CRC-32, combinational
//
//   next = the register after the eight bits of data, least significant first
//
// Reflected polynomial 0xEDB88320 (RFC 1662's FCS-32). The register starts at all ones; the FCS is
// its complement, sent least significant byte first. After a frame and its own FCS the register
// holds 0xDEBB20E3.
//
// The function is linear: bit i of (crc ^ data) contributes a constant, shifted(1 << i), to all of
// the word. Written as eight masked words, not as 32 parities, it is the same logic; a simulator
// evaluates it in a few word operations: this module stands three times in every clock cycle.

`default_nettype none

module crc32_byte (
    input  wire [31:0] crc,
    input  wire [7:0]  data,
    output wire [31:0] next
);

    // What is left of a register that held only this byte, eight bits later.
    function [31:0] shifted(input [7:0] low);
        integer i;
        begin
            shifted = {24'd0, low};
            for (i = 0; i < 8; i = i + 1)
                shifted = {1'b0, shifted[31:1]} ^ (shifted[0] ? 32'hEDB88320 : 32'd0);
        end
    endfunction

    localparam [31:0] BIT_0 = shifted(8'd1);
    localparam [31:0] BIT_1 = shifted(8'd2);
    localparam [31:0] BIT_2 = shifted(8'd4);
    localparam [31:0] BIT_3 = shifted(8'd8);
    localparam [31:0] BIT_4 = shifted(8'd16);
    localparam [31:0] BIT_5 = shifted(8'd32);
    localparam [31:0] BIT_6 = shifted(8'd64);
    localparam [31:0] BIT_7 = shifted(8'd128);

    wire [7:0]  low = crc[7:0] ^ data;

    assign next = {8'd0, crc[31:8]} ^
        ({32{low[0]}} & BIT_0) ^ ({32{low[1]}} & BIT_1) ^ ({32{low[2]}} & BIT_2) ^
        ({32{low[3]}} & BIT_3) ^ ({32{low[4]}} & BIT_4) ^ ({32{low[5]}} & BIT_5) ^
        ({32{low[6]}} & BIT_6) ^ ({32{low[7]}} & BIT_7);

endmodule

`default_nettype wire
